using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Families.HuggingFace;

namespace TransformerGen.Generator.Parsing;

/// <summary>What the attribute says about the head beside a config.json.</summary>
/// <param name="Task">The head; null for the one that the file names.</param>
/// <param name="Labels">Classes; null for as many as the file says.</param>
internal sealed record HeadChoice(HubTask? Task, int? Labels)
{
    /// <summary>Properties of the attribute.</summary>
    public const string Head = "Head", LabelCount = "Labels";

    private const int MostLabels = 1 << 19;

    /// <summary>The members of ModelHead: what the file says, then the tasks in their order.</summary>
    public static WordTable<HubTask> Heads { get; } = new(
        "ModelHead",
        [.. Enum.GetValues(typeof(HubTask)).Cast<HubTask>().Select(task => (task, task.ToString(), task.ToString()))]);

    /// <summary>Reads the attribute; null where it leaves the head to the file. Numbers and members that do not exist are reported.</summary>
    public static HeadChoice? Read(AttributeFields fields)
    {
        int head = fields.Get(Head, 0), labels = fields.Get(LabelCount, 0);
        HubTask? task = head == 0 ? null : Heads.FromMember(head - 1);
        if (head != 0 && task is null)
        {
            fields.ReportAt(Descriptors.UnknownChoice, Head, Head, fields.Source(Head), ConfigReader.Alternatives(["ModelHead.FromConfig", .. Heads.Members]));
        }

        if (labels is < 0 or > MostLabels)
        {
            fields.ReportAt(Descriptors.SizeOutOfRange, LabelCount, LabelCount, Number.Text(labels), "1", Number.Text(MostLabels), "the number of classes (0: as many as the config.json says)");
        }

        return head == 0 && labels == 0 ? null : new HeadChoice(task, labels == 0 ? null : labels);
    }

    /// <summary>Says under the argument what a family lacks.</summary>
    public static void Report(AttributeFields fields, HeadProblem problem) =>
        fields.ReportAt(Descriptors.UnsupportedHead, problem.Member, problem.Member, fields.Source(problem.Member), problem.ModelType, problem.Supported);
}

/// <summary>A head that the attribute asks for and the family does not have.</summary>
/// <param name="Member">The property.</param>
/// <param name="ModelType">The family.</param>
/// <param name="Supported">What to write instead.</param>
internal sealed record HeadProblem(string Member, string ModelType, string Supported);
