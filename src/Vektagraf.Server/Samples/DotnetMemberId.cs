using System.Security.Cryptography;
using System.Text;

namespace Vektagraf.Server.Samples;

/// <summary>
/// The parts of a documentation id: a letter for the kind, a colon, the full name, and for methods and indexers the encoded parameter types
/// (the format is specified in the C# language specification, annex D.4.2).
/// </summary>
public readonly struct DotnetMemberId
{
    /// <summary>Longest id the database takes, in bytes of UTF-8.</summary>
    public const int MaxIdBytes = 512;

    private const int HashDigits = 16;

    private readonly string _id;
    private readonly int _nameEnd;

    /// <summary>Splits an id.</summary>
    /// <param name="id">Documentation id such as <c>P:System.String.Length</c>.</param>
    public DotnetMemberId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        _id = id;
        // "~" begins the return type of a conversion operator.
        int end = id.AsSpan().IndexOfAny('(', '~');
        _nameEnd = end < 0 ? id.Length : end;
    }

    /// <summary>Whether the id has a kind and a name.</summary>
    public bool IsValid => _id is { Length: > 2 } && _id[1] == ':' && _nameEnd > 2 && Kind.Length > 0;

    /// <summary>The kind in one word; empty for an unknown letter.</summary>
    public string Kind => _id[0] switch { 'T' => "type", 'M' => "method", 'P' => "property", 'F' => "field", 'E' => "event", _ => "" };

    /// <summary>Whether the id names a type.</summary>
    public bool IsType => _id[0] == 'T';

    /// <summary>Namespace, types and member name, joined by dots.</summary>
    public string FullName => _id[2.._nameEnd];

    /// <summary>Full name of the type: of the type itself, or of the one that declares the member.</summary>
    public string TypeFullName => IsType ? FullName : FullName[..Math.Max(0, FullName.LastIndexOf('.'))];

    /// <summary>Last part of the name, encoded; a member's name holds no dot, explicit implementations write '#' instead.</summary>
    public string LastName => FullName[(FullName.LastIndexOf('.') + 1)..];

    /// <summary>Encoded parameter list without parentheses; empty where there is none.</summary>
    public string EncodedParameters
    {
        get
        {
            int close = _id.LastIndexOf(')');
            return _nameEnd < _id.Length && _id[_nameEnd] == '(' && close > _nameEnd ? _id[(_nameEnd + 1)..close] : "";
        }
    }

    /// <summary>Encoded return type of a conversion operator; empty for everything else.</summary>
    public string EncodedReturn
    {
        get
        {
            int tilde = _id.IndexOf('~', StringComparison.Ordinal);
            return tilde < 0 ? "" : _id[(tilde + 1)..];
        }
    }

    /// <summary>Makes a documentation id fit for an object id.</summary>
    /// <param name="memberId">Documentation id.</param>
    /// <returns>
    /// The id itself, where it holds no slash, backslash or control character and takes at most <see cref="MaxIdBytes"/> bytes;
    /// else its beginning, <c>~</c> and 16 hexadecimal digits of its SHA-256.
    /// </returns>
    public static string ToObjectId(string memberId)
    {
        ArgumentNullException.ThrowIfNull(memberId);
        bool clean = !memberId.AsSpan().ContainsAny('/', '\\') && !memberId.Any(char.IsControl);
        if (clean && Encoding.UTF8.GetByteCount(memberId) <= MaxIdBytes)
        {
            return memberId;
        }

        StringBuilder prefix = new();
        int bytes = 0;
        foreach (Rune rune in memberId.EnumerateRunes())
        {
            Rune kept = rune.Value is '/' or '\\' || Rune.IsControl(rune) ? new Rune('_') : rune;
            bytes += kept.Utf8SequenceLength;
            if (bytes > MaxIdBytes - HashDigits - 1)
            {
                break;
            }

            prefix.Append(kept);
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(memberId));
        return $"{prefix}~{Convert.ToHexStringLower(hash)[..HashDigits]}";
    }

    /// <summary>The name that stands for a reference in running text: a type by its own name, a member with its type's.</summary>
    /// <param name="reference">Documentation id, with or without the kind.</param>
    /// <returns>For example <c>Stream</c> or <c>File.ReadAllText</c>; empty for an empty reference.</returns>
    public static string ShortNameOf(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        int colon = reference.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? "" : reference[..colon];
        string name = new DotnetMemberId(colon < 0 ? reference : reference[(colon + 1)..]).NamePart;
        if (kind is "N")
        {
            return name;
        }

        string[] parts = name.Split('.');
        string last = WithoutArity(parts[^1]);
        if (kind is "" or "T" || parts.Length == 1)
        {
            return last;
        }

        string type = WithoutArity(parts[^2]);
        return last is "#ctor" or "#cctor" ? type : $"{type}.{last[(last.LastIndexOf('#') + 1)..]}";
    }

    private string NamePart => _id[.._nameEnd];

    private static string WithoutArity(string name)
    {
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? name : name[..tick];
    }
}
