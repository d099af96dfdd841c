// Types that the C# compiler asks for and netstandard2.0 lacks.
namespace System.Runtime.CompilerServices
{
    /// <summary>Init accessors.</summary>
    internal static class IsExternalInit;

    /// <summary>Required members.</summary>
    [AttributeUsage(AttributeTargets.All)]
    internal sealed class RequiredMemberAttribute : Attribute;

    /// <summary>Features that a compiler must know.</summary>
    [AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
    internal sealed class CompilerFeatureRequiredAttribute(string featureName) : Attribute
    {
        public string FeatureName { get; } = featureName;
    }
}

namespace System.Diagnostics.CodeAnalysis
{
    /// <summary>A constructor that sets every required member (the copy constructor of a record).</summary>
    [AttributeUsage(AttributeTargets.Constructor)]
    internal sealed class SetsRequiredMembersAttribute : Attribute;
}
