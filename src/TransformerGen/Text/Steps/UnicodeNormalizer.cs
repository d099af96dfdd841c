using System.Runtime.InteropServices;
using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>Unicode's normalisation forms (UAX 15), with the alignment of every character.</summary>
/// <param name="compatible">NFKC and NFKD rather than NFC and NFD.</param>
/// <param name="compose">NFC and NFKC rather than NFD and NFKD.</param>
internal sealed class UnicodeNormalizer(bool compatible, bool compose) : TextNormalizer
{
    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        if (Ascii.IsValid(text)) return;
        buffers.NewText.Rewrite(buffers.Text);
        var writer = new Writer(buffers.NewText, compose);
        Span<Rune> parts = stackalloc Rune[UnicodeForms.LongestDecomposition];
        for (int at = 0, length; at < text.Length; at += length)
        {
            var count = UnicodeForms.Decompose(AlignedText.RuneAt(text, at, out length), compatible, parts);
            for (var i = 0; i < count; i++) writer.Add(parts[i], i == 0 ? 0 : 1);
        }

        writer.Flush();
        buffers.UseNewText();
    }

    /// <summary>A starter and the marks behind it: put in order when the next starter comes, composed and written.</summary>
    private sealed class Writer(AlignedText text, bool compose)
    {
        private readonly List<(Rune Rune, int Change, int Class)> _marks = [];
        private readonly List<(Rune Rune, int Change)> _kept = [];
        private (Rune Rune, int Change)? _starter;

        public void Add(Rune rune, int change)
        {
            var combining = UnicodeForms.CombiningClass(rune);
            if (combining != 0)
            {
                _marks.Add((rune, change, combining));
                return;
            }

            Settle();
            if (compose && _starter is { } starter && _kept.Count == 0 && UnicodeForms.Compose(starter.Rune, rune) is { } composed)
            {
                _starter = (composed, starter.Change + change - 1);
                return;
            }

            WriteStarter();
            _starter = (rune, change);
        }

        public void Flush()
        {
            Settle();
            WriteStarter();
        }

        /// <summary>Orders the marks that came behind the starter and composes those that do.</summary>
        private void Settle()
        {
            if (_marks.Count == 0) return;
            Order();
            var last = 0;
            foreach (var (rune, change, combining) in _marks)
            {
                // A mark is blocked by one of its own class or a higher one between it and the starter.
                if (compose && _starter is { } starter && last < combining && UnicodeForms.Compose(starter.Rune, rune) is { } composed)
                {
                    _starter = (composed, starter.Change + change - 1);
                    continue;
                }

                if (_starter is null) text.Put(rune, change);
                else _kept.Add((rune, change));
                last = combining;
            }

            _marks.Clear();
        }

        private void Order()
        {
            if (_marks.Count == 1) return;

            // Stable, and n log n: a text of marks alone must not be slow.
            var marks = CollectionsMarshal.AsSpan(_marks);
            var sorted = true;
            for (var i = 1; i < marks.Length && sorted; i++) sorted = marks[i - 1].Class <= marks[i].Class;
            if (sorted) return;
            var ordered = _marks.OrderBy(mark => mark.Class).ToArray();
            ordered.CopyTo(marks);
        }

        private void WriteStarter()
        {
            if (_starter is { } starter) text.Put(starter.Rune, starter.Change);
            foreach (var (rune, change) in _kept) text.Put(rune, change);
            _kept.Clear();
            _starter = null;
        }
    }
}
