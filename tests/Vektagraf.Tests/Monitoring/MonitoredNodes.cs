using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Insights;
using Vektagraf.Monitoring;
using Vektagraf.Storage;

namespace Vektagraf.Tests.Monitoring;

/// <summary>Nodes on one insight store, under one clock; how much memory each uses is what the test says.</summary>
internal sealed class MonitoredNodes : IAsyncDisposable
{
    public const string Memory = "memoryUsageRatio";

    private readonly List<VektagrafDatabase> _nodes = [];

    public MonitoredNodes() => Insights = new MemoryInsightStore(Clock);

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.UnixEpoch.AddYears(56));

    public IInsightStore Insights { get; set; }

    public ListLogger Log { get; } = new();

    public double Ratio { get; set; } = 0.5;

    public WebhookOptions? Webhook { get; set; }

    public VektagrafDatabase this[int node] => _nodes[node];

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public VektagrafDatabase Start(IObjectStore? store = null, string? name = null, Func<double>? ratio = null)
    {
        var node = new VektagrafDatabase(store ?? new MemoryObjectStore(), new VektagrafOptions
        {
            Time = Clock,
            Insights = Insights,
            Logging = Log,
            IndexesInBackground = false,
            Monitoring = new MonitoringOptions
            {
                NodeId = name ?? $"node{_nodes.Count}",
                Memory = () => new MemoryUsage((long)((ratio?.Invoke() ?? Ratio) * 1_000_000), 1_000_000),
                Alerts = new AlertOptions { Webhook = Webhook },
            },
        });
        _nodes.Add(node);
        return node;
    }

    public static Threshold Above(double value, int seconds, string metric = Memory, string name = "t") => new()
    {
        Name = name,
        Metric = metric,
        Comparison = ThresholdComparison.Above,
        Value = value,
        Sustained = TimeSpan.FromSeconds(seconds),
        Severity = AlertSeverity.Critical,
        Hysteresis = null,
        Collection = null,
        Enabled = true,
        Description = null,
    };

    /// <summary>Lets time go by, fifteen seconds at a time; the nodes measure, and those named look at thresholds.</summary>
    public async Task<ThresholdCheck> PassAsync(int seconds, params int[] checkers)
    {
        var sum = default(ThresholdCheck);
        for (var passed = 0; passed < seconds; passed += 15)
        {
            Clock.Advance(TimeSpan.FromSeconds(15));
            foreach (var node in _nodes)
            {
                await node.FlushMetricsAsync(Cancel);
            }

            foreach (var checker in checkers)
            {
                var check = await _nodes[checker].CheckThresholdsAsync(Cancel);
                sum = new ThresholdCheck(check.Checked, sum.Raised + check.Raised, sum.Resolved + check.Resolved, sum.Delivered + check.Delivered);
            }
        }

        return sum;
    }

    public async Task<IReadOnlyList<Alert>> AlertsAsync(int node = 0) => (await _nodes[node].ListAlertsAsync(_ => true, 100, cursor: null, Cancel)).Alerts;

    public async Task<List<AlertEvent>> EventsAsync(long after = 0, int node = 0)
    {
        var events = new List<AlertEvent>();
        await foreach (var e in _nodes[node].StreamAlertsAsync(after, TimeSpan.FromSeconds(1), Cancel))
        {
            if (e is null)
            {
                break;
            }

            events.Add(e);
        }

        return events;
    }

    public async Task StopAsync(VektagrafDatabase node)
    {
        _nodes.Remove(node);
        await node.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class ListLogger : ILoggerFactory, ILogger
{
    public System.Collections.Concurrent.ConcurrentQueue<(LogLevel Level, string Text)> Messages { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Messages.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
