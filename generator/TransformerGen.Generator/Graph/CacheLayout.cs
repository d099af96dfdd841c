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
        foreach (LayerSpec layer in spec.Decoder?.Layers ?? (IEnumerable<LayerSpec>)[])
        {
            foreach (SublayerSpec sublayer in layer.Sublayers)
            {
                if (sublayer is AttentionSpec attention)
                {
                    bool isSource = attention.Source == AttentionSource.Encoder;
                    int offset = isSource ? SourceFloats : SelfFloats, keys = attention.Heads * attention.HeadWidth;
                    var place = new CacheLayer(isSource, attention.Heads, attention.HeadWidth, offset, offset + keys);
                    _layers.Add(attention.Name, place);
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
    }

    /// <summary>The decoder's own attentions in the order of their places.</summary>
    public IReadOnlyList<CacheLayer> SelfLayers => _selfLayers;

    /// <summary>Floats per position of the decoder's own keys and values.</summary>
    public int SelfFloats { get; private set; }

    /// <summary>Floats per position of the keys and values of the encoder's output.</summary>
    public int SourceFloats { get; private set; }

    public CacheLayer Layer(AttentionSpec attention) => _layers[attention.Name];
}
