using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

/// <summary>What an operation of a transaction does.</summary>
public enum TransactionOperationKind
{
    /// <summary>Creates or replaces an object.</summary>
    Save,

    /// <summary>Applies a JSON merge patch to an object.</summary>
    Patch,

    /// <summary>Removes an object.</summary>
    Delete,

    /// <summary>Only states what must hold about an object: the transaction's read set.</summary>
    Check,
}

/// <summary>One operation of a transaction.</summary>
public sealed record TransactionOperation
{
    private TransactionOperation(TransactionOperationKind kind, string id, Precondition precondition)
    {
        Kind = kind;
        Id = id;
        Precondition = precondition;
    }

    /// <summary>What it does.</summary>
    public TransactionOperationKind Kind { get; }

    /// <summary>The object's id.</summary>
    public string Id { get; }

    /// <summary>What must hold about the object first.</summary>
    public Precondition Precondition { get; }

    /// <summary>The object to save; null unless it is a save.</summary>
    public ObjectDraft? Draft { get; private init; }

    /// <summary>The merge patch, one JSON object in UTF-8; empty unless it is a patch.</summary>
    public ReadOnlyMemory<byte> MergePatch { get; private init; }

    /// <summary>Saves an object.</summary>
    /// <param name="draft">The object.</param>
    /// <param name="precondition">What must hold first.</param>
    /// <returns>The operation.</returns>
    public static TransactionOperation Save(ObjectDraft draft, Precondition precondition = default) =>
        new(TransactionOperationKind.Save, draft.Id, precondition) { Draft = draft };

    /// <summary>Patches an object, which must exist.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="mergePatch">JSON merge patch (RFC 7396) of <c>type</c>, <c>properties</c> and <c>vectors</c>.</param>
    /// <param name="precondition">What must hold first.</param>
    /// <returns>The operation.</returns>
    public static TransactionOperation Patch(string id, ReadOnlyMemory<byte> mergePatch, Precondition precondition = default) =>
        new(TransactionOperationKind.Patch, id, precondition) { MergePatch = mergePatch };

    /// <summary>Deletes an object, which must exist.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="precondition">What must hold first.</param>
    /// <returns>The operation.</returns>
    public static TransactionOperation Delete(string id, Precondition precondition = default) =>
        new(TransactionOperationKind.Delete, id, precondition.Kind == PreconditionKind.None ? new Precondition(PreconditionKind.Present) : precondition);

    /// <summary>States what must hold about an object that the transaction does not change.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="precondition">What must hold.</param>
    /// <returns>The operation.</returns>
    public static TransactionOperation Check(string id, Precondition precondition) => new(TransactionOperationKind.Check, id, precondition);
}

/// <summary>What one operation of a committed transaction did.</summary>
/// <param name="Id">The object's id.</param>
/// <param name="ETag">The object's new version, unquoted; null for a delete and a check.</param>
/// <param name="Created">Whether it created the object.</param>
public readonly record struct TransactionOperationResult(string Id, string? ETag, bool Created);

/// <summary>A transaction that is durable.</summary>
/// <param name="Operations">What each operation did, in the order given.</param>
/// <param name="Session">Token for reads that must see it.</param>
public sealed record TransactionResult(IReadOnlyList<TransactionOperationResult> Operations, string Session);
