using TransformerGen.Testing;

string folder = args[0];
foreach (string f in Directory.GetDirectories(folder, args.Length > 1 ? args[1] : "paper*"))
{
    try
    {
        var compilation = GeneratedModel.Generate("[TransformerGen.TransformerModel(\"config.json\")]\npublic sealed partial class Model;", File.ReadAllText(Path.Combine(f, "config.json")));
        if (args.Length > 2) foreach (var (n, t) in GeneratedModel.Files(compilation)) File.WriteAllText(Path.Combine(args[2], n), t);
        InMemoryCompiler.Load(compilation);
        Console.WriteLine("ok " + f);
    }
    catch (Exception e) { Console.WriteLine(f + " " + e.Message); }
}
