using System;
using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Plan;

/// <summary>
/// Where every value of a graph lives: an offset, in floats per row, in the region of its symbol. Values whose lives do not overlap share a
/// place. In-place decisions are taken here and nowhere else: <see cref="Operation.InPlace"/> must, <see cref="Operation.MayReuse"/> may.
/// What is recomputed instead of kept is decided by the operations: dropout's masks, attention's probabilities, the normalised x̂.
/// </summary>
internal sealed class MemoryPlan
{
    private readonly Dictionary<Value, Place> _places = [];

    private MemoryPlan(string name) => Name = name;

    /// <summary>The plan's name in generated code: Training, Encoding, Decoding.</summary>
    public string Name { get; }

    /// <summary>Floats per row of each symbol.</summary>
    public IReadOnlyDictionary<Symbol, int> Sizes { get; private set; } = new Dictionary<Symbol, int>();

    /// <summary>Floats per row of each symbol if nothing shared a place.</summary>
    public IReadOnlyDictionary<Symbol, int> UnsharedSizes { get; private set; } = new Dictionary<Symbol, int>();

    public IEnumerable<Value> Values => _places.Keys;

    /// <summary>Gaps that were looked at to place the values: the work of planning, which is to grow with the layers and not with their square.</summary>
    public int Visits { get; private set; }

    public int Offset(Value value) => _places[value].Offset;

    public static MemoryPlan Of(string name, ModelGraph graph, bool share)
    {
        var plan = new MemoryPlan(name);
        var lastRead = new Dictionary<Value, int>();
        for (int i = 0; i < graph.Operations.Count; i++)
        {
            foreach (Value input in graph.Operations[i].Inputs)
            {
                lastRead[input] = i;
            }
        }

        foreach (Value output in graph.Outputs.Values)
        {
            lastRead[output] = graph.Operations.Count;
        }

        var order = new List<Place>();
        for (int i = 0; i < graph.Operations.Count; i++)
        {
            Operation operation = graph.Operations[i];
            foreach ((Value input, Value output) in operation.InPlace)
            {
                if (lastRead[input] > i)
                {
                    throw new InvalidOperationException($"{operation.GetType().Name} in {operation.Stage.Name} replaces {input}, which is read again later.");
                }

                plan.Join(input, output, i, lastRead);
            }

            var taken = new HashSet<Value>();                   // a place has one heir
            foreach ((Value input, Value output) in share ? operation.MayReuse : [])
            {
                if (!plan._places.ContainsKey(output) && lastRead[input] == i && input.Rows == output.Rows && input.Stride == output.Stride && taken.Add(input))
                {
                    plan.Join(input, output, i, lastRead);
                }
            }

            foreach (Value output in operation.Outputs)
            {
                if (!plan._places.ContainsKey(output))
                {
                    var place = new Place(output.Rows, output.Stride, i);
                    plan._places.Add(output, place);
                    order.Add(place);
                    place.End = lastRead.TryGetValue(output, out int end) ? end : i;
                }
            }
        }

        plan.Arrange(order, share);
        return plan;
    }

    private void Join(Value input, Value output, int at, Dictionary<Value, int> lastRead)
    {
        Place place = _places[input];
        place.End = Math.Max(place.End, lastRead.TryGetValue(output, out int end) ? end : at);
        _places.Add(output, place);
    }

    /// <summary>First fit in the order of birth: the lowest gap among the places that are alive.</summary>
    private void Arrange(List<Place> order, bool share)
    {
        var sizes = new Dictionary<Symbol, int>();
        var unshared = new Dictionary<Symbol, int>();
        foreach (IGrouping<Symbol, Place> region in order.GroupBy(p => p.Rows))
        {
            var gaps = new FreeSpace();
            var byEnd = new Queue<Place>(region.OrderBy(p => p.End));
            int total = 0;
            foreach (Place place in region)
            {
                while (share && byEnd.Peek().End < place.Begin)
                {
                    Place dead = byEnd.Dequeue();
                    gaps.Free(dead.Offset, dead.Stride);
                }

                place.Offset = gaps.Take(place.Stride);
                total += place.Stride;
            }

            sizes[region.Key] = gaps.Size;
            unshared[region.Key] = total;
            Visits += gaps.Visits;
        }

        (Sizes, UnsharedSizes) = (sizes, unshared);
    }

    private sealed class Place(Symbol rows, int stride, int begin)
    {
        public Symbol Rows { get; } = rows;

        public int Stride { get; } = stride;

        public int Begin { get; } = begin;

        public int End { get; set; }

        public int Offset { get; set; }
    }
}
