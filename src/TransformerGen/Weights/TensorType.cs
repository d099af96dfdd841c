namespace TransformerGen.Weights;

/// <summary>The element types of the safetensors format. All are recognised in a header; see <see cref="TensorTypes"/> for what converts to <see cref="float"/>.</summary>
public enum TensorType
{
    /// <summary>IEEE 754 binary32, header name <c>F32</c>.</summary>
    F32,

    /// <summary>IEEE 754 binary16, header name <c>F16</c>.</summary>
    F16,

    /// <summary>The upper half of a binary32, header name <c>BF16</c>.</summary>
    BF16,

    /// <summary>IEEE 754 binary64, header name <c>F64</c>.</summary>
    F64,

    /// <summary>Signed 64-bit integer, header name <c>I64</c>.</summary>
    I64,

    /// <summary>Signed 32-bit integer, header name <c>I32</c>.</summary>
    I32,

    /// <summary>Signed 16-bit integer, header name <c>I16</c>.</summary>
    I16,

    /// <summary>Signed 8-bit integer, header name <c>I8</c>.</summary>
    I8,

    /// <summary>Unsigned 64-bit integer, header name <c>U64</c>.</summary>
    U64,

    /// <summary>Unsigned 32-bit integer, header name <c>U32</c>.</summary>
    U32,

    /// <summary>Unsigned 16-bit integer, header name <c>U16</c>.</summary>
    U16,

    /// <summary>Unsigned 8-bit integer, header name <c>U8</c>.</summary>
    U8,

    /// <summary>One byte per truth value, header name <c>BOOL</c>.</summary>
    Bool,

    /// <summary>Two binary32 per element (real, imaginary), header name <c>C64</c>.</summary>
    C64,

    /// <summary>8-bit float with 4 exponent bits, header name <c>F8_E4M3</c>.</summary>
    F8E4M3,

    /// <summary>8-bit float with 5 exponent bits, header name <c>F8_E5M2</c>.</summary>
    F8E5M2,

    /// <summary>8-bit power of two, header name <c>F8_E8M0</c>.</summary>
    F8E8M0,

    /// <summary>6-bit float with 2 exponent bits, packed, header name <c>F6_E2M3</c>.</summary>
    F6E2M3,

    /// <summary>6-bit float with 3 exponent bits, packed, header name <c>F6_E3M2</c>.</summary>
    F6E3M2,

    /// <summary>4-bit float, two to a byte, header name <c>F4</c>.</summary>
    F4,
}
