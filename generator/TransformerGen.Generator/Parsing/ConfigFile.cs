using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Json;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Parsing;

/// <summary>An additional file, read.</summary>
/// <param name="Spec">Null when it describes no model.</param>
internal sealed record ConfigFile(string Path, ModelSpec? Spec)
{
    /// <summary>Reads the text of a config.json; what is wrong is added to the problems, at its place in the file.</summary>
    public static ConfigFile Read(string path, string text, List<Diagnostic> problems)
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
            return new ConfigFile(path, family.Read(reader));
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
}
