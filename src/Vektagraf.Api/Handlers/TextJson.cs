using System.Text.Json;
using Vektagraf.Querying;

namespace Vektagraf.Api.Handlers;

/// <summary>What results of searches for words or sparse vectors have besides.</summary>
internal static class TextJson
{
    public static void WriteMembers(Utf8JsonWriter writer, SearchHit hit, bool explain)
    {
        if (hit.Highlights is { } highlights)
        {
            writer.WriteStartObject("highlights"u8);
            foreach (var (field, fragments) in highlights)
            {
                writer.WriteStartArray(field);
                foreach (var fragment in fragments)
                {
                    writer.WriteStringValue(fragment);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        if (explain && (hit.VectorRank ?? hit.TextRank ?? hit.SparseRank) is not null)
        {
            writer.WriteStartObject("ranks"u8);
            WriteRank(writer, "vector"u8, hit.VectorRank);
            WriteRank(writer, "text"u8, hit.TextRank);
            WriteRank(writer, "sparse"u8, hit.SparseRank);
            writer.WriteEndObject();
        }
    }

    private static void WriteRank(Utf8JsonWriter writer, ReadOnlySpan<byte> side, SideRank? rank)
    {
        if (rank is null)
        {
            return;
        }

        writer.WriteStartObject(side);
        writer.WriteNumber("rank"u8, rank.Rank);
        writer.WriteNumber("score"u8, rank.Score);
        writer.WriteEndObject();
    }
}
