using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Vektagraf.Collections;

namespace Vektagraf.Server.Samples;

/// <summary>Fills the sample collection from the documentation that ships with the SDK, showing its progress on the console.</summary>
public static class DotnetDocsLoader
{
    // Generic types are full of angle brackets; nothing here is ever HTML.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Loads the sample; does nothing where it is loaded already.</summary>
    /// <param name="database">Where to.</param>
    /// <param name="cancellationToken">Stops the loading; the next start takes it up again.</param>
    /// <returns>When all members are saved.</returns>
    /// <exception cref="VektagrafException">The documentation is not found, or the database fails.</exception>
    public static async Task LoadAsync(VektagrafDatabase database, CancellationToken cancellationToken)
    {
        var pack = DotnetReferencePack.Locate();
        var (collection, _) = await database.PutCollectionAsync(DotnetDocsCollection.Name, DotnetDocsCollection.Definition, cancellationToken);
        var summary = await AnsiConsole.Progress()
            .AutoClear(enabled: false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context => LoadAsync(context, pack, collection, cancellationToken));
        Console.WriteLine(summary);
    }

    private static async Task<string> LoadAsync(ProgressContext context, DotnetReferencePack pack, Collection collection, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var startedAt = time.GetTimestamp();
        var reading = context.AddTask($"Reading the documentation of .NET {pack.Version}");
        var members = DotnetDocsReader.Read(pack, cancellationToken).ToList();
        reading.Value = 100;
        var present = (await collection.GetStatisticsAsync(cancellationToken)).Objects;
        if (present >= members.Count)
        {
            return string.Create(CultureInfo.InvariantCulture, $"Collection {collection.Name} has its {present:N0} objects already.");
        }

        var readAt = time.GetTimestamp();
        var learning = context.AddTask("Learning what its words mean");
        await collection.LearnEmbeddingsAsync(
            DotnetDocsCollection.VectorField, members.Select(DotnetDocsCollection.TextOf), new Report<double>(part => learning.Value = part * 100), cancellationToken);
        learning.Value = 100;

        var learnedAt = time.GetTimestamp();
        var saving = context.AddTask("Saving objects", maxValue: members.Count);
        var result = await collection.ImportAsync(members.Select(ToDraft), new Report<long>(count => saving.Value = count), cancellationToken);
        saving.Value = members.Count;
        if (result.FailedCount > 0)
        {
            throw new VektagrafException(ErrorKind.Invalid, "sample-incomplete", $"{result.FailedCount} members were not saved; the first: {result.Failed[0].Detail}");
        }

        var took = time.GetElapsedTime(learnedAt).TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Saved {result.Imported:N0} objects with vectors in {took:F2} s ({result.Imported / took:N0} objects/s), after reading for {time.GetElapsedTime(startedAt, readAt).TotalSeconds:F2} s and learning for {time.GetElapsedTime(readAt, learnedAt).TotalSeconds:F2} s.");
    }

    private static ObjectDraft ToDraft(DotnetDocMember member)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            member.WriteProperties(writer);
        }

        return new ObjectDraft { Id = member.Id, Type = "Member", Properties = buffer.WrittenMemory };
    }

    /// <summary>Reports on the thread that makes progress: the console's own task reads the value at its own pace.</summary>
    private sealed class Report<T>(Action<T> report) : IProgress<T>
    {
        void IProgress<T>.Report(T value) => report(value);
    }
}
