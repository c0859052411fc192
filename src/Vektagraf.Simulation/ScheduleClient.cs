using System.Globalization;
using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Simulation;

/// <summary>A client that alone writes its objects, reads them in every way, and notices what should not be.</summary>
internal sealed class ScheduleClient(Schedule schedule, string name, int seed)
{
    private const int Objects = 2;
    private const int Attempts = 4;

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, KnownObject> _known =
        Enumerable.Range(0, Objects).Select(i => $"{name}-{i}").ToDictionary(id => id, id => new KnownObject(id), StringComparer.Ordinal);

    private readonly SessionView _session = new();
    private int _operations;

    public async Task RunAsync(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            await StepAsync(i, $"{name}-{_random.Next(Objects)}");
            await schedule.PauseAsync(_random);
        }
    }

    /// <summary>Checks all objects of the client, read in three ways.</summary>
    public async Task CheckAllAsync(SimulatedNode node)
    {
        foreach (var (id, known) in _known)
        {
            known.Observe(await ReadOneAsync(node, id));
        }

        var query = await node.CallAsync(c => c.QueryAsync(new QueryRequest { Filter = $"owner eq '{name}'" }, CancellationToken.None));
        ObserveAll(query.Results);
        var search = new SearchRequest { Vector = new VectorQuery { Value = new[] { 1f, 1f } }, K = 100, Filter = $"owner eq '{name}'" };
        ObserveAll((await node.CallAsync(c => c.SearchAsync(search, CancellationToken.None))).Hits.Select(h => h.Object));
    }

    private Task StepAsync(int step, string id)
    {
        var known = _known[id];
        return _random.Next(16) switch
        {
            < 3 => SaveAsync(id, known, default),
            3 => SaveAsync(id, known, new Precondition(PreconditionKind.Absent)),
            < 6 when known.Pending.Count == 0 => PatchAsync(id, known),
            6 when known.Pending.Count == 0 => DeleteAsync(id, known),
            7 => schedule.Counter.CountAsync(_random, $"{name}-count-{step}"),
            < 10 => TryAsync(ReadInSessionAsync),
            10 => TryAsync(schedule.Snapshots.TakeAsync),
            11 => TryAsync(node => schedule.Snapshots.RevisitAsync(node, _random)),
            _ => TryAsync(CheckAllAsync),
        };
    }

    private async Task TryAsync(Func<SimulatedNode, Task> read)
    {
        try
        {
            await read(schedule.NextNode(_random));
        }
        catch (VektagrafException e) when (Schedule.IsTemporary(e))
        {
            // No answer, so nothing to compare.
        }
    }

    private void ObserveAll(IEnumerable<StoredObject> found)
    {
        var texts = found.ToDictionary(o => o.Id, TextOf, StringComparer.Ordinal);
        foreach (var (id, known) in _known)
        {
            known.Observe(texts.GetValueOrDefault(id));
        }
    }

    private async Task ReadInSessionAsync(SimulatedNode node)
    {
        if (_session.Token is not { } token)
        {
            return;
        }

        var before = _known.Keys.Append(SharedCounter.Id).ToDictionary(id => id, _session.Seen, StringComparer.Ordinal);
        var consistency = new ReadConsistency(ConsistencyLevel.Session, Session: token);
        QueryResponse response;
        try
        {
            response = await node.CallAsync(c => c.QueryAsync(new QueryRequest { Consistency = consistency }, CancellationToken.None));
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.Invalid)
        {
            throw new ProtocolViolationException(EnginePromise.MonotoneSessions, $"to find what the token {token} names", e.Message);
        }

        _session.Answer(token, response.Session);
        var numbers = response.Results.Where(o => before.ContainsKey(o.Id)).ToDictionary(o => o.Id, NumberOf, StringComparer.Ordinal);
        foreach (var (id, atLeast) in before)
        {
            _session.See(id, numbers.TryGetValue(id, out var number) ? number : null, atLeast);
        }

        schedule.CountSessionRead();
    }

    private Task SaveAsync(string id, KnownObject known, Precondition condition)
    {
        var text = Text(_operations + 1, patched: -1);
        var draft = new ObjectDraft
        {
            Id = id,
            Properties = Encoding.UTF8.GetBytes(text),
            Vectors = [new NamedVector("v", new[] { 1f, _random.NextSingle() })],
        };
        var existed = known.Settled is not null;
        var isCertain = known.Pending.Count == 0;
        return WriteAsync(id, known, text, async (collection, key) =>
        {
            var result = await collection.SaveAsync(draft, new WriteOptions(condition, key), CancellationToken.None);
            ProtocolViolationException.ThrowIf(
                isCertain && result.Created == existed,
                EnginePromise.AcknowledgedWrites,
                $"'{id}' to be {(existed ? "replaced" : "created")}",
                $"created is {result.Created}");
            return result.Session;
        });
    }

    private Task PatchAsync(string id, KnownObject known)
    {
        var (number, _) = NumbersOf(known.Settled);
        var patch = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$$"""{"properties":{"p":{{{_operations + 1}}}}}"""));
        return WriteAsync(id, known, Text(number, _operations + 1), async (collection, key) =>
            (await collection.PatchAsync(id, patch, new WriteOptions(default, key), CancellationToken.None)).Session);
    }

    private Task DeleteAsync(string id, KnownObject known)
    {
        _session.SendDelete(id, _operations + 1);
        return WriteAsync(id, known, effect: null, (collection, key) => collection.DeleteAsync(id, new WriteOptions(default, key), CancellationToken.None));
    }

    /// <summary>Writes, and retries under the same key; sometimes gives up while the outcome is unknown.</summary>
    private async Task WriteAsync(string id, KnownObject known, string? effect, Func<Collection, string, Task<string>> write)
    {
        var number = ++_operations;
        var key = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        var mayHaveHappened = false;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            try
            {
                var token = await schedule.NextNode(_random).CallAsync(c => write(c, key));
                known.Settle(effect);
                _session.Acknowledge(id, number, token);
                return;
            }
            catch (VektagrafException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.PreconditionFailed)
            {
                known.Observe(isAbsent: e.Kind == ErrorKind.NotFound);
                return;
            }
            catch (VektagrafException e) when (Schedule.IsTemporary(e))
            {
                mayHaveHappened |= e.Kind == ErrorKind.OutcomeUnknown;
            }

            await schedule.WaitAsync(_random.NextDouble() * schedule.Scenario.MaxRetryPause);
        }

        if (mayHaveHappened)
        {
            known.Pending.Add(effect);
        }
    }

    private static async Task<string?> ReadOneAsync(SimulatedNode node, string id)
    {
        try
        {
            return TextOf(await node.CallAsync(c => c.GetAsync(id, withVectors: false, ReadConsistency.Strong, CancellationToken.None)));
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    private string Text(int number, int patched) => patched < 0
        ? string.Create(CultureInfo.InvariantCulture, $$"""{"owner":"{{name}}","n":{{number}},"p":null}""")
        : string.Create(CultureInfo.InvariantCulture, $$"""{"owner":"{{name}}","n":{{number}},"p":{{patched}}}""");

    private static string TextOf(StoredObject stored) => Encoding.UTF8.GetString(stored.Properties.Span);

    /// <summary>The number of the newest write that an object shows.</summary>
    private static int NumberOf(StoredObject stored)
    {
        var (saved, patched) = NumbersOf(TextOf(stored));
        return Math.Max(saved, patched);
    }

    private static (int Saved, int Patched) NumbersOf(string? text)
    {
        if (text is null)
        {
            return default;
        }

        using var json = JsonDocument.Parse(text);
        var patched = json.RootElement.TryGetProperty("p", out var p) && p.ValueKind == JsonValueKind.Number ? p.GetInt32() : 0;
        return (json.RootElement.GetProperty("n").GetInt32(), patched);
    }
}
