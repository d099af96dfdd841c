using TransformerGen.Generator.Json;

namespace TransformerGen.Generator.Tests;

/// <summary>Values, and where they stand; and what is not JSON.</summary>
public class JsonParserTests
{
    [Fact]
    public void Every_value_knows_its_line_and_column()
    {
        (JsonValue? root, JsonError? error) = JsonParser.Parse("{\n  \"a\": [1, -2.5e+3],\r\n\t\"b\\u0041\\n\": { \"c\": \"d\\\"\" },\r\"e\": null, \"f\": true }\n");
        Assert.Null(error);
        Assert.Equal(new JsonPlace(0, 1, 0, 0), root!.Place);
        Assert.Equal(["a", "bA\n", "e", "f"], root.Members.Select(member => member.Name));
        Assert.Equal(new JsonPlace(4, 3, 1, 2), root.Members[0].Place);
        Assert.Equal([("1", 1, 8), ("-2.5e+3", 1, 11)], root.Members[0].Value.Items.Select(item => (item.Text, item.Place.Line, item.Place.Column)));
        JsonValue inner = root.Members[1].Value.Members[0].Value;
        Assert.Equal(("d\"", 2, 21, 5), (inner.Text, inner.Place.Line, inner.Place.Column, inner.Place.Length));
        Assert.Equal((JsonKind.Null, 3, 5), (root.Members[2].Value.Kind, root.Members[2].Value.Place.Line, root.Members[2].Value.Place.Column));
        Assert.Equal((JsonKind.Boolean, "true"), (root.Members[3].Value.Kind, root.Members[3].Value.Text));
    }

    [Theory]
    [InlineData("", 1, 1, "a value was expected, not the end of the file")]
    [InlineData("{", 1, 2, "a key in double quotes was expected, not the end of the file")]
    [InlineData("{ a: 1 }", 1, 3, "a key in double quotes was expected, not 'a'")]
    [InlineData("{ \"a\" 1 }", 1, 7, "':' was expected after the key \"a\", not '1'")]
    [InlineData("{ \"a\": 1 \"b\": 2 }", 1, 10, "',' or '}' was expected, not '\"'")]
    [InlineData("{ \"a\": 1,\n\"a\": 2 }", 2, 1, "the key \"a\" stands twice in one object")]
    [InlineData("[1, 2,]", 1, 7, "a value was expected, not ']'")]
    [InlineData("[1 2]", 1, 4, "',' or ']' was expected, not '2'")]
    [InlineData("[true, nul]", 1, 8, "a value was expected, not 'n' (texts stand in double quotes)")]
    [InlineData("[\n  relu]", 2, 3, "a value was expected, not 'r'")]
    [InlineData("{} {}", 1, 4, "text follows the end of the value")]
    [InlineData("\"abc", 1, 5, "a text has no closing double quote")]
    [InlineData("[\"a\nb\"]", 1, 4, "a text has no closing double quote")]
    [InlineData("\"a\tb\"", 1, 3, "a text holds character U+0009, which must be written as an escape")]
    [InlineData("\"\\x\"", 1, 2, "a backslash is followed by none of \" \\ / b f n r t u")]
    [InlineData("\"\\", 1, 2, "a backslash is followed by none of \" \\ / b f n r t u")]
    [InlineData("\"\\u12g4\"", 1, 2, "four hexadecimal digits were expected after \\u")]
    [InlineData("\"\\u 123\"", 1, 2, "four hexadecimal digits were expected after \\u")]
    [InlineData("[01]", 1, 2, "a number is not written as JSON allows (digits, at most one point between digits, at most one exponent; no leading zero)")]
    [InlineData("[1.]", 1, 2, "a number is not written as JSON allows (digits, at most one point between digits, at most one exponent; no leading zero)")]
    [InlineData("[-]", 1, 2, "a number is not written as JSON allows (digits, at most one point between digits, at most one exponent; no leading zero)")]
    [InlineData("[1e]", 1, 2, "a number is not written as JSON allows (digits, at most one point between digits, at most one exponent; no leading zero)")]
    [InlineData("[1.2.3]", 1, 2, "a number is not written as JSON allows (digits, at most one point between digits, at most one exponent; no leading zero)")]
    [InlineData("[NaN]", 1, 2, "a value was expected, not 'N'")]
    [InlineData("// no\n{}", 1, 1, "a value was expected, not '/'")]
    public void What_is_not_JSON_is_explained_at_its_place(string text, int line, int column, string message)
    {
        (JsonValue? value, JsonError? error) = JsonParser.Parse(text);
        Assert.Null(value);
        Assert.Equal((message, line, column), (error!.Message, error.Place.Line + 1, error.Place.Column + 1));
        Assert.InRange(error.Place.Start + error.Place.Length, 0, text.Length);
    }

    [Fact]
    public void Depth_is_capped_before_the_stack_is_gone()
    {
        string At(int depth) => new string('[', depth) + new string(']', depth);
        Assert.Null(JsonParser.Parse(At(JsonParser.MaximumDepth + 1)).Error);
        Assert.Equal("more than 64 brackets inside one another", JsonParser.Parse(At(JsonParser.MaximumDepth + 2)).Error!.Message);
        Assert.Equal(JsonParser.MaximumDepth + 1, JsonParser.Parse(new string('[', 1_000_000)).Error!.Place.Column);
    }

    [Fact]
    public void Length_is_capped()
    {
        Assert.Equal("the file has 8388609 characters, and at most 8388608 are read", JsonParser.Parse(new string(' ', JsonParser.MaximumLength + 1)).Error!.Message);
        Assert.Null(JsonParser.Parse(new string(' ', JsonParser.MaximumLength - 2) + "{}").Error);
    }

    [Fact]
    public void Byte_order_mark_is_not_a_column() => Assert.Equal(new JsonPlace(1, 1, 0, 0), JsonParser.Parse("\uFEFF{}").Value!.Place);
}
