namespace Vektagraf.Querying.Filters;

/// <summary>
/// A filter as a table of tests, each with the test to go on with when it holds and when it does not: and, or and not have become
/// jumps (short-circuit code as in Aho, Sethi, Ullman, "Compilers", 8.4), so running it needs no recursion, no virtual call and no
/// allocation.
/// </summary>
internal sealed class FilterProgram
{
    private const int Accept = -1;
    private const int Reject = -2;

    private readonly FilterTest[] _tests;
    private readonly int _entry;

    private FilterProgram(FilterTest[] tests, int entry)
    {
        _tests = tests;
        _entry = entry;
    }

    /// <summary>Compiles a bound filter.</summary>
    /// <param name="expression">The filter.</param>
    /// <param name="indexOf">Index by which the row is asked for a path.</param>
    /// <returns>The program.</returns>
    public static FilterProgram Compile(FilterExpression expression, Func<FilterPath, int> indexOf)
    {
        List<FilterTest> tests = [];
        int entry = Compile(expression, Accept, Reject, tests, indexOf);
        return new FilterProgram([.. tests], entry);
    }

    /// <summary>Runs the program on one row.</summary>
    /// <typeparam name="TReader">Type of the reader.</typeparam>
    /// <param name="row">Reads fields; two tests in a row on one field read it once.</param>
    /// <returns>Whether the row fulfils the filter.</returns>
    public bool Matches<TReader>(in TReader row)
        where TReader : struct, IFieldReader, allows ref struct
    {
        int at = _entry;
        int field = -1;
        FieldValue value = default;
        while (at >= 0)
        {
            ref readonly FilterTest test = ref _tests[at];
            if (test.Field != field)
            {
                field = test.Field;
                value = row.Read(field);
            }

            at = test.Holds(in value) ? test.IfTrue : test.IfFalse;
        }

        return at == Accept;
    }

    /// <summary>Emits tests from the last to the first, so that jump targets are known when they are needed.</summary>
    /// <returns>Where the expression starts: a test, or one of both outcomes.</returns>
    private static int Compile(FilterExpression expression, int ifTrue, int ifFalse, List<FilterTest> tests, Func<FilterPath, int> indexOf)
    {
        switch (expression)
        {
            case FilterConstant constant:
                return constant.Value ? ifTrue : ifFalse;
            case FilterNot not:
                return Compile(not.Operand, ifFalse, ifTrue, tests, indexOf);
            case FilterAnd and:
                return and.Operands.Reverse().Aggregate(ifTrue, (next, operand) => Compile(operand, next, ifFalse, tests, indexOf));
            case FilterOr or:
                return or.Operands.Reverse().Aggregate(ifFalse, (next, operand) => Compile(operand, ifTrue, next, tests, indexOf));
            case FilterComparison { Operator: FilterOperator.NotEqual } negated:
                return Compile(negated with { Operator = FilterOperator.Equal }, ifFalse, ifTrue, tests, indexOf);
            case FilterComparison { Literal.Kind: FieldValueKind.Null, Operator: not FilterOperator.Equal }:
                return ifFalse; // nothing is ordered before or after null
            case FilterQuantifier { Kind: FilterQuantifierKind.All } all:
                // Every element fulfils p when none fulfils "not p".
                FilterQuantifier exception = new(FilterQuantifierKind.Any, all.Path, new FilterNot(all.Condition!));
                return Compile(exception, ifFalse, ifTrue, tests, indexOf);
            default:
                tests.Add(FilterTest.For(expression, indexOf) with { IfTrue = ifTrue, IfFalse = ifFalse });
                return tests.Count - 1;
        }
    }
}
