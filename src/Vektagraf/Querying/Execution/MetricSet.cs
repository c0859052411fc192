namespace Vektagraf.Querying.Execution;

/// <summary>Running metrics of some fields over some objects.</summary>
internal sealed class MetricSet
{
    private readonly FieldMetric[] _fields;

    public MetricSet(int fields)
    {
        _fields = new FieldMetric[fields];
        for (var i = 0; i < fields; i++)
        {
            _fields[i] = new FieldMetric();
        }
    }

    /// <summary>Objects.</summary>
    public long Count { get; set; }

    /// <summary>Adds an object's value of a field.</summary>
    public void Add(int field, in FieldValue value) => _fields[field].Add(value);

    /// <summary>What the request asks for.</summary>
    public AggregateMetrics Of(AggregateBinding binding)
    {
        var request = binding.Request;
        return new AggregateMetrics
        {
            Min = [.. request.Min.Select((name, i) => KeyValuePair.Create(name, _fields[binding.Min[i]].Min))],
            Max = [.. request.Max.Select((name, i) => KeyValuePair.Create(name, _fields[binding.Max[i]].Max))],
            Avg = [.. request.Avg.Select((name, i) => KeyValuePair.Create(name, _fields[binding.Avg[i]].Avg))],
            Sum = [.. request.Sum.Select((name, i) => KeyValuePair.Create(name, _fields[binding.Sum[i]].Sum))],
        };
    }

    private sealed class FieldMetric
    {
        private long _numbers;
        private double _sum;
        private double _lost;

        public FieldValue Min { get; private set; }

        public FieldValue Max { get; private set; }

        public double? Sum => _numbers == 0 ? null : Total;

        public double? Avg => _numbers == 0 ? null : double.IsFinite(Total) ? Total / _numbers : _mean;

        private double Total => double.IsFinite(_sum) ? _sum + _lost : _sum;

        // Sums of great numbers may overflow where their mean does not.
        private double _mean;

        public void Add(in FieldValue value)
        {
            if (value.Kind is FieldValueKind.Null or FieldValueKind.Other)
            {
                return;
            }

            if (Min.Kind == FieldValueKind.Null || FieldValueComparer.Ascending.Compare(value, Min) < 0)
            {
                Min = value;
            }

            if (Max.Kind == FieldValueKind.Null || FieldValueComparer.Ascending.Compare(value, Max) > 0)
            {
                Max = value;
            }

            if (value.Kind == FieldValueKind.Number)
            {
                AddNumber(value.AsNumber);
            }
        }

        /// <summary>Compensated summation (Neumaier, 1974), so that the order in which objects come hardly matters.</summary>
        private void AddNumber(double number)
        {
            _numbers++;
            _mean += (number / _numbers) - (_mean / _numbers);
            var sum = _sum + number;
            _lost += Math.Abs(_sum) >= Math.Abs(number) ? _sum - sum + number : number - sum + _sum;
            _sum = sum;
        }
    }
}
