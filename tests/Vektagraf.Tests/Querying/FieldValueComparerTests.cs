using CsCheck;

namespace Vektagraf.Querying;

public class FieldValueComparerTests
{
    private static readonly FieldValue[] InAscendingOrder =
    [
        FieldValue.From(false), FieldValue.From(true),
        FieldValue.From(double.MinValue), FieldValue.From(-1), FieldValue.From(0), FieldValue.From(2), FieldValue.From(10),
        FieldValue.FromUtcTicks(0), FieldValue.FromUtcTicks(5),
        FieldValue.From(""), FieldValue.From("10"), FieldValue.From("2"), FieldValue.From("B"), FieldValue.From("a"), FieldValue.From("é"),
        FieldValue.From([]), FieldValue.From(["a"]), FieldValue.From(["a", "a"]), FieldValue.From(["b"]),
        FieldValue.FromGeo(-1, 5), FieldValue.FromGeo(1, -5), FieldValue.FromGeo(1, 5),
        FieldValue.Other,
        FieldValue.Null,
    ];

    private static readonly Gen<FieldValue> Values = Gen.OneOf(
        Gen.OneOf(InAscendingOrder),
        FilterGen.AnyLiteral,
        Gen.String[0, 2].Array[0, 3].Select(FieldValue.From));

    [Fact]
    public void Compare_OfKnownValues_HasTheDocumentedOrder()
    {
        for (int i = 0; i < InAscendingOrder.Length; i++)
        {
            for (int j = 0; j < InAscendingOrder.Length; j++)
            {
                Assert.Equal(i.CompareTo(j), Math.Sign(FieldValueComparer.Ascending.Compare(InAscendingOrder[i], InAscendingOrder[j])));
                Assert.Equal(j.CompareTo(i), Math.Sign(FieldValueComparer.Descending.Compare(InAscendingOrder[i], InAscendingOrder[j])));
            }
        }
    }

    [Fact]
    public void Compare_OfRandomValues_IsATotalOrderThatAgreesWithEquality() =>
        Gen.Select(Values, Values, Values).Sample((a, b, c) =>
        {
            FieldValueComparer order = FieldValueComparer.Ascending;
            Assert.Equal(Math.Sign(order.Compare(a, b)), -Math.Sign(order.Compare(b, a)));
            Assert.Equal(a == b, order.Compare(a, b) == 0);
            Assert.True(a != b || a.GetHashCode() == b.GetHashCode());
            if (order.Compare(a, b) <= 0 && order.Compare(b, c) <= 0)
            {
                Assert.True(order.Compare(a, c) <= 0);
            }
        });
}
