using System.Globalization;
using Azure;
using Azure.Identity;
using Azure.Storage.Blobs.Models;
using Vektagraf.Storage;

namespace Vektagraf.Azure;

/// <summary>Errors of the service and of the way to it as errors of the store, with what to do about them.</summary>
internal static class BlobFailure
{
    /// <summary>Whether it is the service's or the network's error, and neither a defect nor the caller's cancellation.</summary>
    public static bool IsServiceError(Exception e, CancellationToken cancellationToken) => e switch
    {
        // The SDK gives up a request that takes too long by cancelling it.
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        AggregateException many => many.InnerExceptions.All(i => IsServiceError(i, cancellationToken)),
        RequestFailedException or AuthenticationFailedException or IOException or HttpRequestException or TimeoutException => true,
        _ => false,
    };

    /// <summary>The store's error.</summary>
    /// <param name="cause">An error of which <see cref="IsServiceError"/> holds.</param>
    /// <param name="attempted">What was tried, with the key.</param>
    /// <param name="place">Container and account.</param>
    public static ObjectStoreException From(Exception cause, string attempted, string place)
    {
        Exception last = cause is AggregateException { InnerExceptions: [.., var newest] } ? newest : cause;
        string what = last switch
        {
            RequestFailedException { Status: > 0 } e =>
                string.Create(CultureInfo.InvariantCulture, $"the service answered {e.Status} {e.ErrorCode}."),
            OperationCanceledException or TimeoutException => "no answer came in time.",
            _ => last.Message,
        };
        return new ObjectStoreException($"Could not {attempted} in {place}: {what}{Advice(last)}", IsTransient(last), cause);
    }

    /// <summary>Whether the same request may succeed later: by the status, since not every gateway on the way sends a code.</summary>
    private static bool IsTransient(Exception e) => e switch
    {
        RequestFailedException { ErrorCode: "ContainerBeingDeleted" or "AccountBeingCreated" } => true,

        // Status 0: there was no answer, the connection failed.
        RequestFailedException failed => failed.Status is 0 or 408 or 429 or 500 or 502 or 503 or 504,
        AuthenticationFailedException => false,
        _ => true,
    };

    private static string Advice(Exception e)
    {
        if (e is AuthenticationFailedException)
        {
            return " Sign in, or give the host a managed identity.";
        }

        string? code = (e as RequestFailedException)?.ErrorCode;
        return code == BlobErrorCode.ContainerNotFound ? " Create the container."
            : code == BlobErrorCode.AuthenticationFailed || code == BlobErrorCode.AuthorizationFailure
                ? " Check the account key or signature, this machine's clock, and the account's network rules."
            : code == BlobErrorCode.AuthorizationPermissionMismatch ? " Grant the identity the role 'Storage Blob Data Contributor'."
            : code == BlobErrorCode.LeaseIdMissing ? " Somebody holds a lease on the blob: break it."
            : string.Empty;
    }
}
