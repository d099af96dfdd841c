using Microsoft.CodeAnalysis;

namespace TransformerGen.Generator.Diagnostics;

/// <summary>
/// Everything that can be wrong with a model, with the message's format. Each message names the value, what is allowed and how to mend it; each id has a
/// page in docs/diagnostics.
/// </summary>
internal static class Descriptors
{
    private const string Category = "TransformerGen";

    /// <summary>Where the pages of docs/diagnostics are read.</summary>
    private const string Pages = "https://github.com/transformergen/transformergen/blob/main/docs/diagnostics/";

    /// <summary>{0}: class.</summary>
    public static readonly DiagnosticDescriptor NotPartial = Error(
        "TFG001", "A model's class is partial", "'{0}' is not partial, so the generated model cannot be added to it. Declare it as 'partial class {0}'.");

    /// <summary>{0}: class, {1}: type around it.</summary>
    public static readonly DiagnosticDescriptor ContainerNotPartial = Error(
        "TFG002", "Types around a model's class are partial", "'{0}' lies in '{1}', which is not partial. Declare '{1}' as partial, or move '{0}' out of it.");

    /// <summary>{0}: class, {1}: generic type (the class or one around it), {2}: its type parameters.</summary>
    public static readonly DiagnosticDescriptor Generic = Error(
        "TFG003", "A model's class is not generic", "The model '{0}' cannot depend on the type parameters {2} of '{1}': all of its sizes are constants. Remove the type parameters, or move '{0}' to a type that has none.");

    /// <summary>{0}: class, {1}: what it is.</summary>
    public static readonly DiagnosticDescriptor WrongKind = Error(
        "TFG004", "A model is an ordinary class", "'{0}' is {1}, and a model is an ordinary class of which there are instances. Declare it as 'sealed partial class {0}'.");

    /// <summary>{0}: class.</summary>
    public static readonly DiagnosticDescriptor Duplicate = Error(
        "TFG005", "A class is one model", "'{0}' has more than one [TransformerModel]. Keep one of them; a second model needs a second class.");

    /// <summary>{0}: class.</summary>
    public static readonly DiagnosticDescriptor UnsafeOff = Error(
        "TFG006", "Models need unsafe code", "The kernels of '{0}' are unsafe code, which this project does not allow. Add '<AllowUnsafeBlocks>true</AllowUnsafeBlocks>' to the project file.");

    /// <summary>{0}: name, {1}: value, {2}: least, {3}: largest, {4}: what it is.</summary>
    public static readonly DiagnosticDescriptor SizeOutOfRange = Error(
        "TFG007", "Sizes are positive and possible", "{0} is {1}, and must be from {2} to {3}. It is {4}.");

    /// <summary>{0}: name of heads, {1}: heads, {2}: name of d_model, {3}: d_model, {4}: divisors nearby, {5}: name of head_dim.</summary>
    public static readonly DiagnosticDescriptor HeadsDoNotDivide = Error(
        "TFG008", "Heads divide the width", "{0} is {1}, which does not divide {2} = {3}. Choose {4}, or set {5} to give heads a width of their own.");

    /// <summary>{0}: name of d_model, {1}: value, {2}, {3}: even neighbours, {4}: name and value for learned positions.</summary>
    public static readonly DiagnosticDescriptor OddWidth = Error(
        "TFG009", "Sinusoidal positions need an even width", "{0} is {1}, which is odd, and sinusoidal positions fill it with pairs of a sine and a cosine. Use {2} or {3}, or {4}.");

    /// <summary>{0}: parameters, {1}: gigabytes, {2}: cap.</summary>
    public static readonly DiagnosticDescriptor TooManyParameters = Error(
        "TFG010", "A model stays under the parameter cap", "The model has {0} parameters ({1} GB), and the cap is {2}. Make it smaller, or raise the cap by ParameterCap of the attribute or the MSBuild property TransformerGenParameterCap.");

    /// <summary>{0}: name of the pattern, {1}: pattern, {2}: name of the number, {3}: its value, {4}: what it is.</summary>
    public static readonly DiagnosticDescriptor PatternNeedsNumber = Error(
        "TFG011", "A pattern has its numbers", "{0} {1} needs {2}, which is {3}. Set {2} to 1 or more: it is {4}.");

    /// <summary>{0}: name of the number, {1}: value, {2}: patterns that use it, {3}: name of the pattern, {4}: pattern.</summary>
    public static readonly DiagnosticDescriptor NumberWithoutPattern = Warning(
        "TFG012", "A pattern's number has its pattern", "{0} = {1} has no effect: it belongs to {2}, and {3} is {4}. Remove {0}, or choose such a pattern.");

    /// <summary>{0}: name, {1}: id, {2}: largest id, {3}: name of the vocabulary.</summary>
    public static readonly DiagnosticDescriptor IdOutOfVocabulary = Error(
        "TFG013", "Token ids lie in the vocabulary", "{0} is {1}, and the ids of the vocabulary are 0 to {2}. Choose one of them, or raise {3}.");

    /// <summary>{0}: name, {1}: value, {2}: what is allowed.</summary>
    public static readonly DiagnosticDescriptor NumberOutOfRange = Error(
        "TFG014", "Numbers lie in their range", "{0} is {1}, and must be {2}. Change it, or remove it for the default.");

    /// <summary>{0}: name, {1}: value, {2}: allowed values.</summary>
    public static readonly DiagnosticDescriptor UnknownChoice = Error(
        "TFG015", "Choices are known", "{0} is {1}, which is not one of the choices. Use {2}.");

    /// <summary>{0}: path, {1}: what was looked for, or where.</summary>
    public static readonly DiagnosticDescriptor FileNotFound = Error(
        "TFG016", "A config.json is an additional file", "'{0}' is not among the project's additional files (looked for {1}). Add '<AdditionalFiles Include=\"{0}\" />' to the project file; the path is relative to its folder.");

    /// <summary>{0}: file, {1}: line, {2}: column, {3}: what is wrong.</summary>
    public static readonly DiagnosticDescriptor MalformedJson = Error(
        "TFG017", "A config.json is JSON", "'{0}' is not valid JSON at line {1}, column {2}: {3}. Mend the file there.");

    /// <summary>{0}: key, {1}: model type, {2}: advice.</summary>
    public static readonly DiagnosticDescriptor UnknownKey = Error(
        "TFG018", "Keys of a config.json are known", "The key '{0}' is unknown for model_type '{1}', and ignoring it could change the mathematics. {2}");

    /// <summary>{0}: key, {1}: value, {2}: what is expected.</summary>
    public static readonly DiagnosticDescriptor WrongType = Error(
        "TFG019", "Values of a config.json have the right type", "'{0}' is {1}, and must be {2}. Write it so.");

    /// <summary>{0}: key, {1}: file, {2}: what it is.</summary>
    public static readonly DiagnosticDescriptor MissingKey = Error(
        "TFG020", "A config.json has the keys that decide sizes", "'{1}' has no key '{0}'. Add it: it is {2}.");

    /// <summary>{0}: model type, {1}: supported ones.</summary>
    public static readonly DiagnosticDescriptor UnsupportedModelType = Error(
        "TFG021", "The model_type is supported", "The model_type '{0}' is not supported. Use a model of type {1}.");

    /// <summary>{0}: property, {1}: file.</summary>
    public static readonly DiagnosticDescriptor BesideConfig = Error(
        "TFG022", "A config.json decides the mathematics", "{0} is decided by '{1}' and cannot be set beside it. Remove {0}, or change the file.");

    /// <summary>{0}: path, {1}: files.</summary>
    public static readonly DiagnosticDescriptor AmbiguousFile = Error(
        "TFG023", "A path names one additional file", "'{0}' could be any of {1}. Write more of the path.");

    /// <summary>{0}: value.</summary>
    public static readonly DiagnosticDescriptor InvalidCap = Error(
        "TFG024", "The parameter cap is a positive number", "The parameter cap is '{0}', and must be a whole number of at least 1. Mend ParameterCap of the attribute, or the MSBuild property TransformerGenParameterCap.");

    /// <summary>{0}: parameters, {1}: floats of the largest buffer, {2}: largest possible.</summary>
    public static readonly DiagnosticDescriptor BufferTooLarge = Error(
        "TFG025", "A model's parameters are within reach of 32-bit offsets", "The model's {0} parameters take {1} floats where rows are padded to whole vectors, and generated code reaches {2} with its 32-bit offsets. Make the model smaller; the parameter cap does not help.");

    /// <summary>{0}: key, {1}: model type.</summary>
    public static readonly DiagnosticDescriptor KeyWithoutEffect = Warning(
        "TFG026", "Keys of a Hugging Face config.json are known", "The key '{0}' is unknown for model_type '{1}' and has no effect on the generated model. If it changes the mathematics the model will be wrong; if it does not, remove it or begin it with an underscore.");

    /// <summary>{0}: key, {1}: value, {2}: model type, {3}: what is supported.</summary>
    public static readonly DiagnosticDescriptor UnsupportedValue = Error(
        "TFG027", "Values of a config.json are supported", "'{0}' is {1}, which is not supported for model_type '{2}'. Supported is {3}.");

    /// <summary>{0}: file, {1}: what differs.</summary>
    public static readonly DiagnosticDescriptor WeightsDoNotFit = Error(
        "TFG028", "A listed checkpoint fits its model", "The checkpoint '{0}' does not fit the model: {1}. List the checkpoint that belongs to this config.json, or mend the config.json.");

    /// <summary>{0}: property, {1}: as the source has it, {2}: model type, {3}: what to write instead.</summary>
    public static readonly DiagnosticDescriptor UnsupportedHead = Error(
        "TFG030", "The head fits the model", "{0} is {1}, and a model of type '{2}' has no such head. Use {3}.");

    /// <summary>{0}: class, {1}: exception.</summary>
    public static readonly DiagnosticDescriptor InternalError = Error(
        "TFG099", "The generator has an error", "The generator failed on '{0}': {1}. This is a mistake in TransformerGen, not in your code; please report it with the attribute or the config.json.");

    /// <summary>Every descriptor that the analyzer reports.</summary>
    public static IEnumerable<DiagnosticDescriptor> OfAnalyzer { get; } =
    [
        NotPartial, ContainerNotPartial, Generic, WrongKind, Duplicate, UnsafeOff, SizeOutOfRange, HeadsDoNotDivide, OddWidth, TooManyParameters,
        PatternNeedsNumber, NumberWithoutPattern, IdOutOfVocabulary, NumberOutOfRange, UnknownChoice, FileNotFound, MalformedJson, UnknownKey, WrongType,
        MissingKey, UnsupportedModelType, BesideConfig, AmbiguousFile, InvalidCap, BufferTooLarge, KeyWithoutEffect, UnsupportedValue, UnsupportedHead, WeightsDoNotFit,
    ];

    private static DiagnosticDescriptor Error(string id, string title, string format) => Create(id, title, format, DiagnosticSeverity.Error);

    private static DiagnosticDescriptor Warning(string id, string title, string format) => Create(id, title, format, DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Create(string id, string title, string format, DiagnosticSeverity severity) => new(
        id, title, format, Category, severity, isEnabledByDefault: true, helpLinkUri: $"{Pages}{id}.md");
}
