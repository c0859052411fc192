using System.Text.Json.Serialization;

namespace Vektagraf.Client.Tests;

internal sealed record Thing(string Color, double Size);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Thing))]
internal sealed partial class ThingJson : JsonSerializerContext;

internal static class Things
{
    public static VektagrafObject Make(string id, string color, double size, float x = 0, float y = 0) =>
        VektagrafObject.Create(id, new Thing(color, size), ThingJson.Default.Thing).WithVector("place", new[] { x, y });

    public static Thing ThingOf(this VektagrafObject item) => item.PropertiesAs(ThingJson.Default.Thing)!;
}
