using System;
using System.Collections.Generic;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>Where each decoder layer's keys and values stand in the two caches.</summary>
internal sealed class CacheLayout
{
    private readonly Dictionary<string, CacheLayer> _layers = new(StringComparer.Ordinal);
    private readonly List<CacheLayer> _selfLayers = [];

    public CacheLayout(ModelSpec spec)
    {
        if (spec.Decoder is not { } decoder)
        {
            return;
        }

        for (int i = 0; i < decoder.Layers.Count; i++)
        {
            foreach (AttentionSpec attention in decoder.Layers[i].Sublayers.OfType<AttentionSpec>())
            {
                bool isSource = attention.Source == AttentionSource.Encoder;
                int offset = isSource ? SourceFloats : SelfFloats;
                var place = new CacheLayer(isSource, attention.KeyHeads, attention.HeadWidth, offset, offset + attention.KeyWidth);
                _layers.Add(StageNames.Layer(decoder, i) + StageNames.Role(attention), place);
                if (isSource)
                {
                    SourceFloats += place.Floats;
                }
                else
                {
                    SelfFloats += place.Floats;
                    _selfLayers.Add(place);
                }
            }
        }
    }

    /// <summary>The decoder's own attentions in the order of their places.</summary>
    public IReadOnlyList<CacheLayer> SelfLayers => _selfLayers;

    /// <summary>Floats per position of the decoder's own keys and values.</summary>
    public int SelfFloats { get; private set; }

    /// <summary>Floats per position of the keys and values of the encoder's output.</summary>
    public int SourceFloats { get; private set; }

    /// <summary>The place of an attention by stage and role, such as DecoderLayer1Self.</summary>
    public CacheLayer Layer(string name) => _layers[name];
}
