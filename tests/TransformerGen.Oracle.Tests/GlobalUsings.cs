global using Xunit;

// The runtime's enum TransformerGen.Attention is nearer to these namespaces than the operation of that name.
global using AttentionOperation = TransformerGen.Generator.Graph.Operations.Attention;
