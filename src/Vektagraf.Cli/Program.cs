using Vektagraf.Cli;

return await VektagrafCli.RunAsync(args, Terminal.OfThisProcess());
