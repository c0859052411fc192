namespace Vektagraf.Querying.Filters;

/// <summary>
/// One object as filters and orderings see it. Implemented by structs, ref structs too, so that the evaluator is compiled for
/// each of them without virtual calls or boxing.
/// </summary>
public interface IFieldReader
{
    /// <summary>Reads a field.</summary>
    /// <param name="fieldIndex">Index into the <see cref="FilterBinding.Fields"/> of the binding that is evaluated.</param>
    /// <returns>Its value, of the declared type where there is one; <see cref="FieldValue.Null"/> when it is missing.</returns>
    FieldValue Read(int fieldIndex);
}
