using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Vektagraf.Monitoring;

namespace Vektagraf.Tests.Monitoring;

public class WebhookTests
{
    private const string Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task CheckThresholdsAsync_WhenTheWebhookFailsFirst_SendsAgainUntilItIsTaken_SignedAndUnderOneId()
    {
        using var receiver = new Receiver();
        receiver.Answers.Enqueue(503);
        receiver.Answers.Enqueue(302);
        await using var nodes = new MonitoredNodes { Webhook = new WebhookOptions { Url = receiver.Url, Secret = Secret } };
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 0), Cancel);
        nodes.Ratio = 0.95;
        Assert.Equal(0, (await nodes.PassAsync(30, 0)).Delivered);
        Assert.Single(receiver.Requests);

        // Not due yet: one backoff and one timeout after the first attempt.
        Assert.Equal(0, (await nodes[0].CheckThresholdsAsync(Cancel)).Delivered);
        Assert.Single(receiver.Requests);
        Assert.Equal(1, (await nodes.PassAsync(300, 0)).Delivered);
        Assert.Equal(3, receiver.Requests.Count);
        Assert.Single(receiver.Requests.Select(r => r.Id).Distinct(StringComparer.Ordinal));
        nodes.Ratio = 0.1;
        Assert.Equal(1, (await nodes.PassAsync(120, 0)).Delivered);
        Assert.Equal(2, receiver.Requests.Select(r => r.Id).Distinct(StringComparer.Ordinal).Count());
        foreach (var request in receiver.Requests)
        {
            var key = Convert.FromBase64String(Secret["whsec_".Length..]);
            var expected = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{request.Id}.{request.Timestamp}.{request.Body}")));
            Assert.Equal("v1," + expected, request.Signature);
        }

        var body = JsonNode.Parse(receiver.Requests.First().Body)!;
        Assert.Equal(("alert.raised", "t", 0.95), (body["type"]!.GetValue<string>(), body["data"]!["name"]!.GetValue<string>(), body["data"]!["value"]!.GetValue<double>()));
        Assert.Equal("alert.resolved", JsonNode.Parse(receiver.Requests.Last().Body)!["type"]!.GetValue<string>());
        Assert.DoesNotContain(nodes.Log.Messages, m => m.Text.Contains("hook-token", StringComparison.Ordinal) || m.Text.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task CheckThresholdsAsync_WhenTheWebhookNeverTakesIt_GivesUpAfterTheAttempts()
    {
        using var receiver = new Receiver { Default = 500 };
        await using var nodes = new MonitoredNodes { Webhook = new WebhookOptions { Url = receiver.Url, Secret = Secret, MaxAttempts = 3 } };
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 0), Cancel);
        nodes.Ratio = 0.95;
        await nodes.PassAsync(1800, 0);
        Assert.Equal(3, receiver.Requests.Count);
        Assert.Single(nodes.Log.Messages, m => m.Text.Contains("given up after 3 attempts", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CheckThresholdsAsync_WhenTwoRunAtOnce_SendEachEventOnce()
    {
        using var receiver = new Receiver();
        await using var nodes = new MonitoredNodes { Webhook = new WebhookOptions { Url = receiver.Url, Secret = Secret } };
        nodes.Insights = new YieldingInsightStore(nodes.Insights);
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 0), Cancel);
        nodes.Start();
        nodes.Ratio = 0.95;
        await nodes.PassAsync(60);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(i => Task.Run(() => nodes[i].CheckThresholdsAsync(Cancel))));
        Assert.Single(receiver.Requests);
    }

    [Theory]
    [InlineData("http://example.com/hook", Secret)]
    [InlineData("ftp://example.com/hook", Secret)]
    [InlineData("https://user:word@example.com/hook", Secret)]
    [InlineData("https://example.com/hook", "short")]
    [InlineData("https://example.com/hook", "whsec_not base64 at all, whatever it is")]
    public void Check_WhenAnOptionIsWrong_Throws_AndNeverShowsTheSecret(string url, string secret)
    {
        var options = new WebhookOptions { Url = new Uri(url), Secret = secret };
        var e = Assert.Throws<ArgumentException>(options.Check);
        Assert.DoesNotContain(secret, e.Message + options, StringComparison.Ordinal);
    }

    /// <summary>A server on this machine that answers as it is told.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Receiver()
        {
            var random = new Random(Environment.ProcessId);
            while (true)
            {
                Url = new Uri($"http://127.0.0.1:{random.Next(20_000, 60_000)}/hook-token/");
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add(Url.ToString());
                try
                {
                    _listener.Start();
                    break;
                }
                catch (HttpListenerException)
                {
                    // Taken: the next one.
                }
            }

            _ = ServeAsync();
        }

        public Uri Url { get; }

        public int Default { get; init; } = 200;

        public ConcurrentQueue<int> Answers { get; } = new();

        public ConcurrentQueue<(string Id, string Timestamp, string Signature, string Body)> Requests { get; } = new();

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                using var reader = new StreamReader(context.Request.InputStream);
                var headers = context.Request.Headers;
                Requests.Enqueue((headers["webhook-id"]!, headers["webhook-timestamp"]!, headers["webhook-signature"]!, await reader.ReadToEndAsync()));
                context.Response.StatusCode = Answers.TryDequeue(out var status) ? status : Default;
                if (context.Response.StatusCode == 302)
                {
                    context.Response.RedirectLocation = Url.ToString();
                }

                context.Response.Close();
            }
        }
    }
}
