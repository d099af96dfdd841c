namespace TransformerGen.Weights;

/// <summary>Provides a run of a tensor's elements while it is written. Runs come in order, without gaps; each ends at the end of a row (the last dimension) where rows are at most <see cref="TensorSource.ChunkLength"/> long.</summary>
/// <param name="firstElement">The index of the run's first element, counting row-major.</param>
/// <param name="destination">To be filled completely; it is zero before.</param>
public delegate void TensorFill(long firstElement, Span<float> destination);

/// <summary>Provides a run of a tensor's bytes while it is written. Runs come in order, without gaps.</summary>
/// <param name="firstByte">The index of the run's first byte in the tensor.</param>
/// <param name="destination">To be filled completely (little-endian elements); it is zero before.</param>
public delegate void TensorByteFill(long firstByte, Span<byte> destination);
