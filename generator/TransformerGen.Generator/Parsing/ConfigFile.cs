using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Json;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Parsing;

/// <summary>An additional file, read.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Spec">Null when it describes no model.</param>
internal sealed record ConfigFile(string Path, ModelSpec? Spec)
{
    /// <summary>The file, where an attribute may choose another head than it names; else null: a tokenizer's megabytes are not kept.</summary>
    public string? Text { get; init; }

    /// <summary>The head that was asked for and does not exist.</summary>
    public HeadProblem? HeadProblem { get; init; }

    /// <summary>The same file with the head that an attribute chooses; itself where it leaves that to the file.</summary>
    public ConfigFile With(HeadChoice? choice) => choice is null || Text is null ? this : Read(Path, Text, [], choice);

    /// <summary>Reads the text of a config.json; what is wrong is added to the problems, at its place in the file.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="text">The file's text.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <param name="choice">The head, where an attribute chooses it.</param>
    public static ConfigFile Read(string path, string text, List<Diagnostic> problems, HeadChoice? choice = null)
    {
        (JsonValue? root, JsonError? error) = JsonParser.Parse(text);
        if (root is null)
        {
            problems.Add(Diagnostic.Create(
                Descriptors.MalformedJson,
                ConfigReader.LocationOf(path, error!.Place),
                ConfigPaths.FileName(path),
                Number.Text(error.Place.Line + 1),
                Number.Text(error.Place.Column + 1),
                error.Message));
            return new ConfigFile(path, null);
        }

        if (root.Kind != JsonKind.Object)
        {
            problems.Add(Diagnostic.Create(
                Descriptors.WrongType, ConfigReader.LocationOf(path, root.Place), ConfigPaths.FileName(path), root.Describe(), "an object in curly brackets"));
            return new ConfigFile(path, null);
        }

        var reader = new ConfigReader(path, text, root, problems);
        string? modelType = reader.Word(ConfigReader.ModelTypeKey);
        if (modelType is not null && Family.Find(modelType) is { } family)
        {
            if (choice is not null && Problem(family, choice) is { } unsupported)
            {
                return new ConfigFile(path, null) { HeadProblem = unsupported };
            }

            ModelSpec? spec = family.Read(reader, choice);
            return choice?.Labels is not null && spec is { Head.Kind: not HeadKind.Classes }
                ? new ConfigFile(path, null) { HeadProblem = new HeadProblem(HeadChoice.LabelCount, modelType, "a head that classifies, or leave Labels out") }
                : new ConfigFile(path, spec) { Text = text };
        }

        string supported = ConfigReader.Alternatives(Family.ModelTypes.Select(type => "\"" + type + "\""));
        if (modelType is not null)
        {
            reader.Report(Descriptors.UnsupportedModelType, ConfigReader.ModelTypeKey, modelType, supported);
        }
        else if (!reader.IsGiven(ConfigReader.ModelTypeKey))
        {
            reader.Report(Descriptors.MissingKey, ConfigReader.ModelTypeKey, ConfigReader.ModelTypeKey, reader.FileName, "the kind of model, such as " + supported);
        }

        return new ConfigFile(path, null);
    }

    private static HeadProblem? Problem(Family family, HeadChoice choice)
    {
        if (choice.Task is { } task && !family.Heads.Contains(task))
        {
            string[] heads = family.Heads.Count == 0 ? ["ModelHead.FromConfig"] : [.. family.Heads.Select(HeadChoice.Heads.MemberOf)];
            return new HeadProblem(HeadChoice.Head, family.ModelType, ConfigReader.Alternatives(heads));
        }

        return choice.Labels is not null && family.Heads.Count == 0
            ? new HeadProblem(HeadChoice.LabelCount, family.ModelType, "another model, or leave Labels out")
            : null;
    }
}
