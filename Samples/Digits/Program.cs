using System.IO.Compression;
using Spectre.Console;

string path = Path.Combine(AppContext.BaseDirectory, "data", "digits.csv.gz");
using StreamReader rows = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));

int count = 0;
while (rows.ReadLine() is not null)
{
    count++;
}

AnsiConsole.MarkupLine($"[bold]{count}[/] handwritten digits");
