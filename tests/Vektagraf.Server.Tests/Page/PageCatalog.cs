using System.Text.Json.Nodes;

namespace Vektagraf.Server.Page;

/// <summary>What the page's tests search.</summary>
internal static class PageCatalog
{
    /// <summary>Text with a generator: few kinds, more namespaces than the page shows as chips.</summary>
    public const string Docs = "docs";

    /// <summary>Values that would run if anything took them for markup.</summary>
    public const string Hostile = "hostile";

    /// <summary>Vectors from outside: no search by text.</summary>
    public const string Products = "products";

    public const int ProductCount = 45;

    /// <summary>Each way to run script that a string has when it is taken for HTML.</summary>
    public const string Payload = "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=2</script><svg onload=window.pwned=3>'\"";

    private static readonly (string Title, string Kind, string Namespace, string Summary)[] Members =
    [
        ("File.ReadAllLines(String)", "method", "System.IO", "Opens a text file, reads all lines of the file, and then closes the file."),
        ("File.Copy(String, String)", "method", "System.IO", "Copies an existing file to a new one."),
        ("File.WriteAllText(String, String)", "method", "System.IO", "Creates a new file, writes the text to the file, and then closes the file."),
        ("FileInfo", "type", "System.IO", "Creates, copies, deletes, moves, and opens a file."),
        ("FileStream.Position", "property", "System.IO", "Gets or sets the current position of the file stream."),
        ("ZipFile.ExtractToDirectory(String, String)", "method", "System.IO.Compression", "Extracts all files of a zip archive to a directory."),
        ("GZipStream", "type", "System.IO.Compression", "Compresses and decompresses streams with the gzip format."),
        ("Dns.GetHostAddresses(String)", "method", "System.Net", "Returns the addresses of a host name."),
        ("IPAddress", "type", "System.Net", "Provides an internet protocol address."),
        ("HttpClient.GetStringAsync(String)", "method", "System.Net.Http", "Sends a request to an address and returns the response as a string."),
        ("Ping.Send(String)", "method", "System.Net.NetworkInformation", "Sends an echo request to a remote computer and waits for a reply."),
        ("Socket.Blocking", "property", "System.Net.Sockets", "Gets or sets whether the socket is in blocking mode."),
        ("Task.Delay(Int32)", "method", "System.Threading.Tasks", "Creates a task that completes after a delay of milliseconds."),
        ("Task.WhenAll(Task[])", "method", "System.Threading.Tasks", "Creates a task that completes when all tasks are completed."),
        ("Interlocked.Increment(Int32)", "method", "System.Threading", "Increments a variable and stores the result as an atomic operation."),
        ("Monitor.Enter(Object)", "method", "System.Threading", "Acquires an exclusive lock on an object."),
        ("String.Length", "property", "System", "Gets the number of characters in the string."),
        ("String.Trim()", "method", "System", "Removes all white space from the start and end of the string."),
        ("Math.Sqrt(Double)", "method", "System", "Returns the square root of a number."),
        ("Guid.NewGuid()", "method", "System", "Creates a new unique identifier."),
        ("Regex.IsMatch(String)", "method", "System.Text.RegularExpressions", "Tells whether the regular expression finds a match in the string."),
        ("JsonSerializer.Serialize(Object)", "method", "System.Text.Json", "Converts an object to a string of JSON."),
        ("XmlDocument.Load(String)", "method", "System.Xml", "Loads an XML document from a file."),
        ("List.Sort()", "method", "System.Collections.Generic", "Sorts the elements of the list."),
        ("Enumerable.Distinct()", "method", "System.Linq", "Returns the distinct elements of a sequence, without duplicates."),
        ("CultureInfo.CurrentCulture", "property", "System.Globalization", "Gets or sets the culture of the current thread."),
        ("RandomNumberGenerator", "type", "System.Security.Cryptography", "Provides random numbers for cryptography."),
        ("Activator.CreateInstance(Type)", "method", "System", "Creates an instance of a type known at run time."),
    ];

    public static IReadOnlyList<(string Name, JsonObject Definition, IReadOnlyList<JsonObject> Objects)> Collections =>
    [
        (Docs, Definition("kind", "namespace"), [.. Members.Select(m => Object(m.Title, m.Kind, m.Namespace, m.Summary))]),
        (Hostile, Definition("kind", Payload), [.. Enumerable.Range(1, 4).Select(HostileObject)]),
        (Products, ProductDefinition(), [.. Enumerable.Range(1, ProductCount).Select(Product)]),
    ];

    public static int CountOfKind(string kind) => Members.Count(m => m.Kind == kind);

    private static JsonObject Definition(params string[] fields)
    {
        JsonObject declared = new() { ["title"] = new JsonObject { ["type"] = "text" } };
        foreach (string field in fields)
        {
            declared[field] = new JsonObject { ["type"] = "string", ["index"] = true };
        }

        JsonObject vector = new() { ["dimensions"] = 256, ["metric"] = "cosine", ["generator"] = "lsa", ["from"] = new JsonArray("title", "summary") };
        return DefinitionOf(new JsonObject { ["embedding"] = vector }, declared);
    }

    private static JsonObject ProductDefinition() => DefinitionOf(
        new JsonObject { ["image"] = new JsonObject { ["dimensions"] = 2, ["metric"] = "euclidean" } },
        new JsonObject { ["category"] = new JsonObject { ["type"] = "string", ["index"] = true }, ["inStock"] = new JsonObject { ["type"] = "boolean" } });

    private static JsonObject DefinitionOf(JsonObject vectors, JsonObject fields) => new()
    {
        ["shards"] = 1,
        ["objective"] = new JsonObject { ["recall"] = 0.95, ["k"] = 10 },
        ["vectors"] = vectors,
        ["fields"] = fields,
    };

    private static JsonObject Object(string title, string kind, string @namespace, string summary) => new()
    {
        ["id"] = title,
        ["type"] = "Member",
        ["properties"] = new JsonObject { ["title"] = title, ["kind"] = kind, ["namespace"] = @namespace, ["summary"] = summary },
    };

    private static JsonObject HostileObject(int i) => new()
    {
        ["id"] = $"hostile {i} <b>&amp;'\"",
        ["type"] = Payload,
        ["properties"] = new JsonObject
        {
            ["title"] = $"hostile {i} {Payload}",
            ["summary"] = $"words of markup {Payload}",
            ["kind"] = i % 2 == 0 ? Payload : "it's \"quoted\"",
            [Payload] = i % 2 == 0 ? Payload : "harmless",
            ["list"] = new JsonArray(Payload, "javascript:window.pwned=4"),
            ["nested"] = new JsonObject { ["inner"] = Payload },
        },
    };

    private static JsonObject Product(int i) => new()
    {
        ["id"] = $"sku-{i:D3}",
        ["type"] = "Product",
        ["properties"] = new JsonObject { ["category"] = i % 3 == 0 ? "Sneaker" : "Sandal", ["inStock"] = i % 2 == 0, ["price"] = i },
        ["vectors"] = new JsonObject { ["image"] = new JsonArray(i, 1) },
    };
}
