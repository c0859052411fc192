using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

public class SchemaCheckTests
{
    private static readonly JsonNode Document = JsonNode.Parse("""
        { "components": { "schemas": { "Thing": {
            "type": "object", "required": ["a"],
            "properties": {
              "a": { "type": "integer", "minimum": 1 },
              "b": { "type": ["string", "null"], "enum": ["x", null] },
              "c": { "type": "array", "items": { "$ref": "#/components/schemas/Thing" } },
              "d": { "oneOf": [{ "type": "number" }, { "type": "string" }] },
              "e": { "type": "object", "additionalProperties": { "type": "boolean" } } } } } } }
        """)!;

    [Theory]
    [InlineData("""{ "a": 1 }""", null)]
    [InlineData("""{ "a": 2, "b": null, "c": [{ "a": 1 }], "d": "s", "e": { "any": true } }""", null)]
    [InlineData("{}", ": a is missing")]
    [InlineData("""{ "a": 0 }""", "/a: 0 is out of range")]
    [InlineData("""{ "a": 1.5 }""", "/a: 1.5 is not integer")]
    [InlineData("""{ "a": 1, "z": 1 }""", "/z: not described")]
    [InlineData("""{ "a": 1, "b": "y" }""", "/b: \"y\" is none of")]
    [InlineData("""{ "a": 1, "c": [{ "a": 1 }, { "a": "1" }] }""", "/c/1/a: \"1\" is not integer")]
    [InlineData("""{ "a": 1, "d": true }""", "/d: 0 of the choices fit")]
    [InlineData("""{ "a": 1, "e": { "any": 1 } }""", "/e/any: 1 is not boolean")]
    public void Check_WhateverIsWrong_NamesIt(string value, string? expected)
    {
        var problems = new SchemaCheck(Document).Check(Document["components"]!["schemas"]!["Thing"]!, JsonNode.Parse(value)).ToList();
        if (expected is null)
        {
            Assert.Empty(problems);
        }
        else
        {
            Assert.StartsWith(expected, Assert.Single(problems), StringComparison.Ordinal);
        }
    }
}
