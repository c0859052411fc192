using System.Security.Cryptography;
using System.Text;

namespace Vektagraf.Api.Page;

/// <summary>The search page: one HTML file inside this assembly, and the policy that lets its own script and style run and nothing else.</summary>
internal sealed record SearchPage(byte[] Html, string ETag, string ContentSecurityPolicy)
{
    private const string ResourceName = "Vektagraf.Api.Page.index.html";

    /// <summary>Reads the page.</summary>
    public static SearchPage Load()
    {
        using var stream = typeof(SearchPage).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {ResourceName}.");
        var html = new byte[stream.Length];
        stream.ReadExactly(html);
        var text = Encoding.UTF8.GetString(html);
        var policy = $"default-src 'none'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + $"script-src '{HashOf(text, "script")}'; style-src '{HashOf(text, "style")}'";
        return new SearchPage(html, $"\"{Convert.ToHexStringLower(SHA256.HashData(html))[..16]}\"", policy);
    }

    // The browser hashes the text between the tags, to the letter.
    private static string HashOf(string html, string element)
    {
        var open = html.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var close = html.IndexOf($"</{element}>", open, StringComparison.Ordinal);
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(html[open..close])));
    }
}
