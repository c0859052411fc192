namespace Vektagraf.Smoke;

public class SmokeTests
{
    [Fact]
    public void Arithmetic_Holds() => Assert.Equal(2, 1 + 1);
}
