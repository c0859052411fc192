namespace Vektagraf.Api.Http;

public class BodyBudgetTests
{
    [Fact]
    public void Ensure_WhenTheBudgetIsSpent_IsBusyUntilOthersAreDone()
    {
        var budget = new BodyBudget(100);
        var first = budget.Open();
        using var second = budget.Open();
        first.Ensure(60);
        second.Ensure(40);
        var busy = Assert.Throws<VektagrafException>(() => second.Ensure(41));
        Assert.Equal(ErrorKind.Busy, busy.Kind);

        first.Dispose();
        second.Ensure(100);
        Assert.Throws<VektagrafException>(() => second.Ensure(101));
    }

    [Fact]
    public void Ensure_WhenCalledAsTheBodyGrows_CountsEachByteOnce()
    {
        var budget = new BodyBudget(100);
        using (var lease = budget.Open())
        {
            for (var bytes = 0; bytes <= 100; bytes += 10)
            {
                lease.Ensure(bytes);
            }

            lease.Ensure(50);
            lease.Dispose();
        }

        using var next = budget.Open();
        next.Ensure(100);
    }

    [Fact]
    public void OfProcess_WhateverTheMachine_HoldsTheLargestBody()
    {
        using var lease = BodyBudget.OfProcess.Open();
        lease.Ensure(Limits.MaxBodyBytes);
    }
}
