namespace TransformerGen.Text;

/// <summary>A token that is found in the text as it stands, before anything is split or merged.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="IsSpecial">True for control tokens such as <c>&lt;/s&gt;</c>, which decoding can leave out.</param>
/// <param name="SingleWord">Matches only where no letter, digit or underscore touches it.</param>
/// <param name="StripsLeft">Takes the white space before it along.</param>
/// <param name="StripsRight">Takes the white space behind it along.</param>
/// <param name="IsNormalized">Matches text as the normaliser leaves it, not as it stands.</param>
public sealed record AddedToken(
    int Id,
    string Content,
    bool IsSpecial = true,
    bool SingleWord = false,
    bool StripsLeft = false,
    bool StripsRight = false,
    bool IsNormalized = false);
