using System.Text;
using CsCheck;

namespace Vektagraf.Server.Samples;

public class DotnetMemberIdTests
{
    [Theory]
    [InlineData("T:System.IO.Stream", "Stream")]
    [InlineData("T:System.Collections.Generic.Dictionary`2", "Dictionary")]
    [InlineData("M:System.IO.File.ReadAllText(System.String)", "File.ReadAllText")]
    [InlineData("M:System.Linq.Enumerable.Select``2(System.Collections.Generic.IEnumerable{``0})", "Enumerable.Select")]
    [InlineData("P:System.String.Length", "String.Length")]
    [InlineData("M:System.Random.#ctor(System.Int32)", "Random")]
    [InlineData("Overload:System.Object.Equals", "Object.Equals")]
    [InlineData("N:System.IO", "System.IO")]
    [InlineData("System.Diagnostics.Activity", "Activity")]
    [InlineData("", "")]
    public void ShortNameOf_WhenReferenced_GivesAReadableName(string reference, string expected) =>
        Assert.Equal(expected, DotnetMemberId.ShortNameOf(reference));

    [Fact]
    public void ToObjectId_WhenShort_KeepsIt() => Assert.Equal("P:System.String.Length", DotnetMemberId.ToObjectId("P:System.String.Length"));

    [Fact]
    public void ToObjectId_WhenTooLong_ShortensToAReadablePrefixAndAHash()
    {
        string one = "M:System.Vector.Create(" + string.Join(",", Enumerable.Repeat("System.Byte", 64)) + ")";
        string other = "M:System.Vector.Create(" + string.Join(",", Enumerable.Repeat("System.Byte", 63)) + ",System.SByte)";
        Assert.Equal(DotnetMemberId.MaxIdBytes, Encoding.UTF8.GetByteCount(DotnetMemberId.ToObjectId(one)));
        Assert.StartsWith("M:System.Vector.Create(System.Byte,", DotnetMemberId.ToObjectId(one), StringComparison.Ordinal);
        Assert.NotEqual(DotnetMemberId.ToObjectId(one), DotnetMemberId.ToObjectId(other));
    }

    [Fact]
    public void ToObjectId_WhenAnyText_GivesAnIdTheDatabaseTakes() =>
        Gen.String[0, 700].Sample(text =>
        {
            string id = DotnetMemberId.ToObjectId("M:" + text);
            return Encoding.UTF8.GetByteCount(id) <= 512 && !id.Any(c => c is '/' or '\\' || char.IsControl(c));
        });
}
