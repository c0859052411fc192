namespace Vektagraf.Client.Http;

/// <summary>One call, which may be sent several times.</summary>
internal sealed class ApiCall(HttpMethod method, string path)
{
    public HttpMethod Method { get; } = method;

    /// <summary>Relative to the server's address, escaped.</summary>
    public string Path { get; } = path;

    /// <summary>Makes the body of one attempt; null for none.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>Sent with every attempt, so that the server applies the call once; null for calls that are harmless to repeat.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Headers besides.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Whether the caller reads the answer's body as it comes.</summary>
    public bool StreamsAnswer { get; init; }

    /// <summary>Whether the body is sent only when the server asks for it, so that a refusal reaches a client that would still be sending.</summary>
    public bool ExpectContinue { get; init; }

    /// <summary>Whether another attempt can still be made; false once a stream that cannot be rewound has begun.</summary>
    public Func<bool>? CanRepeat { get; init; }

    public HttpRequestMessage ToMessage(Uri server, string? key)
    {
        var message = new HttpRequestMessage(Method, new Uri(server, Path)) { Content = Content?.Invoke() };
        if (key is not null)
        {
            message.Headers.TryAddWithoutValidation("x-functions-key", key);
        }

        if (IdempotencyKey is not null)
        {
            message.Headers.TryAddWithoutValidation("Idempotency-Key", IdempotencyKey);
        }

        foreach (var (name, value) in Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        message.Headers.ExpectContinue = ExpectContinue ? true : null;
        return message;
    }
}
