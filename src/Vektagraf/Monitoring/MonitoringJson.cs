using System.Text.Json.Serialization;

namespace Vektagraf.Monitoring;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(NodeInterval))]
[JsonSerializable(typeof(RecallProbe))]
[JsonSerializable(typeof(Threshold))]
[JsonSerializable(typeof(ThresholdState))]
[JsonSerializable(typeof(Alert))]
[JsonSerializable(typeof(AlertEvent))]
[JsonSerializable(typeof(WebhookDelivery))]
[JsonSerializable(typeof(NodeDescription))]
internal sealed partial class MonitoringJson : JsonSerializerContext;
