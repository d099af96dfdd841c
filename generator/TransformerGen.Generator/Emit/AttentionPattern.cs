using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// Which keys a query sees, written as: in every pass over the keys, each key is seen by the queries of one interval of positions. All kernels of a
/// shape ask these few methods and nothing else knows about patterns.
/// </summary>
internal sealed record AttentionPattern(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 pattern";

    private PatternSpec Pattern => Shape.Pattern;

    public override void Emit(SourceWriter writer)
    {
        if (Pattern.Kind == PatternKind.Strided)
        {
            writer.Lines(
                $"""
                /// <summary>Position of the first key of a pass, and positions from one of its keys to the next.</summary>
                private static int FirstKey(int pass) => pass == 0 ? 0 : {Pattern.Stride - 1};

                /// <inheritdoc cref="FirstKey"/>
                private static int KeyStep(int pass) => pass == 0 ? 1 : {Pattern.Stride};

                """);
        }

        writer.Lines(
            $$"""
            /// <summary>The keys that the queries at positions first..last can see at most: number start..end - 1{{DescribePasses()}}</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static void KeysOf({{PassParameter}}int first, int last, int keys, out int start, out int end)
            {
                {{Indented(KeysOf(), 1)}}
            }

            /// <summary>Notes who sees the keys number start, start + 1 ...</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void See(KeyBlock* block, {{PassParameter}}int start, int count{{Marked(", int* globals, int keys")}})
            {
                block->Begin(count);
                {{Indented(See(), 1)}}
            }
            """);
    }

    private string DescribePasses() => Pattern.Kind switch
    {
        PatternKind.Sparse when Pattern.GlobalTokens > 0 =>
            $". Pass 0 is the window and pass 1 the first {Pattern.GlobalTokens} keys, both for the queries from {Pattern.GlobalTokens} on; pass 2 is all keys for the queries before.",
        PatternKind.Window when Shape.Globals => ". Pass 0 is the window without the global keys, pass 1 the global keys alone, which everybody sees.",
        PatternKind.Strided => $". Pass 0 is the neighbours; key n of pass 1 stands at position {Pattern.Stride - 1} + n · {Pattern.Stride} and everybody sees it.",
        _ => ".",
    };

    private string KeysOf()
    {
        string end = Shape.Causal ? "Math.Min(keys, last + 1)" : "keys";
        switch (Pattern.Kind)
        {
            case PatternKind.Block:
                return
                    $"""
                    start = (first / {Pattern.Window} * {Pattern.Window}) & -Panel;
                    end = {(Shape.Causal ? end : $"Math.Min(keys, ((last / {Pattern.Window}) + 1) * {Pattern.Window})")};
                    """;
            case PatternKind.Window when Shape.Globals:
                return
                    $$"""
                    if (pass == 1)
                    {
                        start = 0;
                        end = keys;
                        return;
                    }

                    {{Near(Pattern.Window)}}
                    """;
            case PatternKind.Window:
            case PatternKind.Dilated:
                return Near(Pattern.Window);
            case PatternKind.Strided:
                return
                    $$"""
                    if (pass == 1)
                    {
                        start = 0;
                        end = {{(Shape.Causal ? $"Math.Min(keys, last + 1) / {Pattern.Stride}" : $"keys / {Pattern.Stride}")}};
                        return;
                    }

                    {{Near(Pattern.Stride - 1)}}
                    """;
            case PatternKind.Sparse when Pattern.GlobalTokens > 0:
                return
                    $$"""
                    if (pass > 0)
                    {
                        // Pass 1 has nothing for the first {{Pattern.GlobalTokens}} queries, pass 2 nothing for the others.
                        bool any = pass == 1 ? last >= {{Pattern.GlobalTokens}} : first < {{Pattern.GlobalTokens}};
                        start = 0;
                        end = !any ? 0 : pass == 1 ? Math.Min(keys, {{Pattern.GlobalTokens}}) : {{(Shape.Causal ? $"Math.Min(keys, Math.Min(last + 1, {Pattern.GlobalTokens}))" : "keys")}};
                        return;
                    }

                    {{Near(Pattern.Window)}}
                    """;
            case PatternKind.Sparse:
                return Near(Pattern.Window);
            default:
                return
                    $"""
                    start = 0;
                    end = {end};
                    """;
        }
    }

    private string Near(int reach) =>
        $"""
        start = Math.Max(0, first - {reach}){(Shape.RowStep == 1 ? " & -Panel" : "")};
        end = {(Shape.Causal ? "Math.Min(keys, last + 1)" : $"Math.Min(keys, last + {reach + 1})")};
        """;

    private string See()
    {
        int window = Pattern.Window, stride = Pattern.Stride, global = Pattern.GlobalTokens;
        switch (Pattern.Kind)
        {
            case PatternKind.Full or PatternKind.TopK when !Shape.Causal:
                return "block->SeeAll(0, int.MaxValue);";
            case PatternKind.Full or PatternKind.TopK:
                return Each("block->See(n, start + n, int.MaxValue);");
            case PatternKind.Block:
                return Each(
                    $"""
                    int j = start + n, own = j / {window} * {window};
                    block->See(n, {(Shape.Causal ? "j" : "own")}, own + {window - 1});
                    """);
            case PatternKind.Window when Shape.Globals:
                return Each(
                    $$"""
                    // Rows behind the last key are padding, which sees nothing here.
                    int j = start + n;
                    bool isGlobal = globals[j] != 0;
                    if (pass == 0)
                    {
                        block->See(n, j - {{window}}, isGlobal ? int.MinValue : Math.Min(j + {{window}}, keys - 1));
                    }
                    else
                    {
                        block->See(n, 0, isGlobal ? keys - 1 : -1);
                    }
                    """);
            case PatternKind.Strided:
                return
                    $$"""
                    if (pass == 1)
                    {
                        {{Indented(Shape.Causal
                            ? Each($"block->See(n, {stride - 1} + ((start + n) * {stride}), int.MaxValue);")
                            : "block->SeeAll(0, int.MaxValue);", 1)}}

                        return;
                    }

                    {{Each(
                        $"""
                        int j = start + n;
                        block->See(n, {(Shape.Causal ? "j" : $"j - {stride - 1}")}, j % {stride} == {stride - 1} ? int.MinValue : j + {stride - 1});
                        """)}}
                    """;
            case PatternKind.Sparse when global > 0:
                return
                    $$"""
                    if (pass > 0)
                    {
                        {{Indented(Shape.Causal
                            ? Each($"block->See(n, pass == 1 ? {global} : start + n, pass == 1 ? int.MaxValue : {global - 1});")
                            : $"block->SeeAll(pass == 1 ? {global} : 0, pass == 1 ? int.MaxValue : {global - 1});", 1)}}

                        return;
                    }

                    {{Each(
                        $"""
                        int j = start + n;
                        block->See(n, Math.Max({global}, {(Shape.Causal ? "j" : $"j - {window}")}), j < {global} ? int.MinValue : j + {window});
                        """)}}
                    """;
            default:
                return Each(
                    $"""
                    int j = start + n;
                    block->See(n, {(Shape.Causal ? "j" : $"j - {window}")}, j + {window});
                    """);
        }
    }

    private static string Each(string body) =>
        $$"""
        for (int n = 0; n < count; n++)
        {
            {{Indented(body, 1)}}
        }
        """;
}
