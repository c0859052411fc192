using System.Globalization;
using System.Text;

namespace Vektagraf.Server.Samples;

/// <summary>Turns encoded names of a documentation id into readable ones.</summary>
/// <param name="typeParameters">Names of the declaring types' type parameters, outermost first.</param>
/// <param name="methodParameters">Names of the method's type parameters.</param>
internal sealed class DotnetSignature(IReadOnlyList<string> typeParameters, IReadOnlyList<string> methodParameters)
{
    /// <summary>Deepest nesting of type arguments that is rendered; anything deeper is no real signature.</summary>
    private const int MaxDepth = 32;

    /// <summary>Renders a type's name without namespace.</summary>
    /// <param name="encodedTypes">Names of the nested types with arity, outermost first, such as <c>Dictionary`2</c>, <c>Enumerator</c>.</param>
    /// <returns>For example <c>Dictionary&lt;TKey, TValue&gt;.Enumerator</c>.</returns>
    internal string TypeName(IEnumerable<string> encodedTypes)
    {
        StringBuilder text = new();
        int used = 0;
        foreach (string type in encodedTypes)
        {
            int tick = type.IndexOf('`', StringComparison.Ordinal);
            text.Append(text.Length > 0 ? "." : "").Append(tick < 0 ? type : type[..tick]);
            if (tick >= 0 && int.TryParse(type.AsSpan(tick + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int arity))
            {
                AppendParameters(text, typeParameters, used, Math.Min(arity, MaxDepth));
                used += arity;
            }
        }

        return text.ToString();
    }

    /// <summary>Renders a member with its type but without parameters: <c>File.ReadAllText</c>.</summary>
    /// <param name="type">Rendered type name.</param>
    /// <param name="id">The member's id.</param>
    /// <returns>The readable name.</returns>
    internal string Name(string type, DotnetMemberId id)
    {
        StringBuilder text = new(type);
        if (!id.IsType)
        {
            AppendMemberName(text, id.LastName);
        }

        return text.ToString();
    }

    /// <summary>Renders a member with its type: <c>File.ReadAllText(String)</c>, <c>List&lt;T&gt;(Int32)</c> for a constructor.</summary>
    /// <param name="type">Rendered type name.</param>
    /// <param name="id">The member's id.</param>
    /// <returns>The readable signature.</returns>
    internal string Title(string type, DotnetMemberId id)
    {
        StringBuilder text = new(Name(type, id));
        string parameters = id.EncodedParameters;
        if (parameters.Length > 0)
        {
            text.Append('(');
            AppendList(text, parameters);
            text.Append(')');
        }
        else if (id.Kind is "method")
        {
            text.Append("()");
        }

        if (id.EncodedReturn.Length > 0)
        {
            text.Append(" to ");
            AppendList(text, id.EncodedReturn);
        }

        return text.ToString();
    }

    private void AppendMemberName(StringBuilder text, string name)
    {
        if (name is "#ctor" or "#cctor")
        {
            return;
        }

        text.Append('.');
        int tick = name.IndexOf("``", StringComparison.Ordinal);
        string plain = tick < 0 ? name : name[..tick];
        if (plain.StartsWith("op_", StringComparison.Ordinal))
        {
            text.Append("operator ").Append(plain.AsSpan(3));
        }
        else
        {
            // An explicit implementation encodes its interface: '#' for '.', '@' for ','; newer files write '<' for '{'.
            AppendList(text, plain.Replace('#', '.').Replace('@', ',').Replace('<', '{').Replace('>', '}'), qualified: true);
        }

        if (tick >= 0 && int.TryParse(name.AsSpan(tick + 2), NumberStyles.None, CultureInfo.InvariantCulture, out int arity))
        {
            AppendParameters(text, methodParameters, 0, Math.Min(arity, MaxDepth));
        }
    }

    /// <summary>Appends encoded types that stand between commas, each by its name without namespace.</summary>
    private void AppendList(StringBuilder text, string encoded, bool qualified = false)
    {
        int position = 0;
        AppendList(text, encoded, ref position, qualified, 0);
    }

    private void AppendList(StringBuilder text, string encoded, ref int position, bool qualified, int depth)
    {
        while (position < encoded.Length && encoded[position] != '}')
        {
            AppendType(text, encoded, ref position, qualified, depth);
            if (position < encoded.Length && encoded[position] == ',')
            {
                position++;
                text.Append(", ");
            }
        }
    }

    private void AppendType(StringBuilder text, string encoded, ref int position, bool qualified, int depth)
    {
        int start = text.Length;
        while (position < encoded.Length && encoded[position] is not (',' or '}'))
        {
            char c = encoded[position++];
            switch (c)
            {
                case '.':
                    // What came before is a namespace, unless it is a generic type or, for an explicit implementation, the interface.
                    start = EndQualifier(text, start, keep: text[^1] == '>' || (qualified && encoded.IndexOf('.', position) < 0));
                    break;
                case '{' when depth < MaxDepth:
                    text.Append('<');
                    AppendList(text, encoded, ref position, false, depth + 1);
                    text.Append('>');
                    position++;
                    break;
                case '`':
                    AppendTypeParameter(text, encoded, ref position);
                    break;
                case '@':
                    text.Insert(start, "ref ");
                    break;
                case '[':
                    AppendArray(text, encoded, ref position);
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }
    }

    private static int EndQualifier(StringBuilder text, int start, bool keep)
    {
        if (keep)
        {
            text.Append('.');
            return text.Length;
        }

        text.Length = start;
        return start;
    }

    /// <summary><c>[]</c> is an array; <c>[0:,0:]</c> one of two dimensions, of which only the comma is worth showing.</summary>
    private static void AppendArray(StringBuilder text, string encoded, ref int position)
    {
        text.Append('[');
        while (position < encoded.Length)
        {
            char c = encoded[position++];
            if (c is ',' or ']')
            {
                text.Append(c);
            }

            if (c is ']')
            {
                return;
            }
        }
    }

    private void AppendTypeParameter(StringBuilder text, string encoded, ref int position)
    {
        bool ofMethod = position < encoded.Length && encoded[position] == '`';
        position += ofMethod ? 1 : 0;
        int digits = position;
        while (position < encoded.Length && char.IsAsciiDigit(encoded[position]))
        {
            position++;
        }

        _ = int.TryParse(encoded.AsSpan(digits, position - digits), NumberStyles.None, CultureInfo.InvariantCulture, out int index);
        text.Append(NameOf(ofMethod ? methodParameters : typeParameters, index));
    }

    private static void AppendParameters(StringBuilder text, IReadOnlyList<string> names, int from, int count)
    {
        text.Append('<');
        for (int i = 0; i < count; i++)
        {
            text.Append(i > 0 ? ", " : "").Append(NameOf(names, from + i));
        }

        text.Append('>');
    }

    /// <summary>The documented name, or T, T1, T2 … where the documentation does not name the parameter.</summary>
    private static string NameOf(IReadOnlyList<string> names, int index) =>
        index < names.Count ? names[index] : index == 0 ? "T" : string.Create(CultureInfo.InvariantCulture, $"T{index}");
}
