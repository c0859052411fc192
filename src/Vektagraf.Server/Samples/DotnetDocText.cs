using System.Text;
using System.Xml;

namespace Vektagraf.Server.Samples;

/// <summary>Renders the mixed content of a documentation element as plain text in one line.</summary>
internal static class DotnetDocText
{
    /// <summary>Reads the element the reader stands on, to behind its end.</summary>
    /// <param name="reader">Stands on a start element.</param>
    /// <returns>The text, white space collapsed.</returns>
    internal static string ReadElement(XmlReader reader)
    {
        StringBuilder text = new();
        if (reader.IsEmptyElement)
        {
            reader.Read();
            return "";
        }

        int depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace:
                    AppendCollapsed(text, reader.Value);
                    break;
                case XmlNodeType.Element:
                    AppendReference(text, reader);
                    break;
                case XmlNodeType.EndElement when IsBlock(reader.Name):
                    AppendCollapsed(text, " ");
                    break;
            }
        }

        reader.Read();
        return text.ToString().TrimEnd();
    }

    private static void AppendReference(StringBuilder text, XmlReader reader)
    {
        switch (reader.Name)
        {
            // With text of its own the text says it better than the target, and comes as the next node.
            case "see" or "seealso" when reader.IsEmptyElement:
                AppendCollapsed(text, TargetOf(reader));
                break;
            case "paramref" or "typeparamref":
                AppendCollapsed(text, reader.GetAttribute("name") ?? "");
                break;
            case "xref":
                AppendCollapsed(text, DotnetMemberId.ShortNameOf(reader.GetAttribute("uid") ?? ""));
                break;
            case string name when IsBlock(name):
                AppendCollapsed(text, " ");
                break;
        }
    }

    private static string TargetOf(XmlReader reader) =>
        reader.GetAttribute("cref") is { } member
            ? DotnetMemberId.ShortNameOf(member)
            : reader.GetAttribute("langword") ?? reader.GetAttribute("href") ?? "";

    private static bool IsBlock(string element) =>
        element is "para" or "p" or "br" or "list" or "item" or "listheader" or "term" or "description" or "ul" or "ol" or "li" or "code";

    private static void AppendCollapsed(StringBuilder text, string piece)
    {
        foreach (char c in piece)
        {
            if (!char.IsWhiteSpace(c))
            {
                text.Append(c);
            }
            else if (text.Length > 0 && text[^1] != ' ')
            {
                text.Append(' ');
            }
        }
    }
}
