Console.WriteLine("Vektagraf");
