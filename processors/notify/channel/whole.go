package channel

import (
	"encoding/hex"
	"math"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tidemark/tidemark/internal/event"
)

// episode is an episode as JSON has it: every field under its name in
// event.proto, as it is in the tables. What is not known is not there, so that
// missing is never 0; states and bases are words, moments are Unix
// milliseconds. nil for none.
func episode(e *event.Episode) map[string]any {
	if e == nil {
		return nil
	}
	out := fields(e.ProtoReflect())
	// 0 is a value here: an app that is not in the store.
	for name, v := range map[string]float64{"value": e.GetValue(), "baseline": e.GetBaseline(), "peak": e.GetPeak(), "severity": e.GetSeverity()} {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out[name] = v
		}
	}
	out["state"] = e.GetState().Word()
	out["basis"] = e.GetBasis().Word()
	if e.GetTarget() != nil {
		out["target"] = e.GetTarget().Key()
	}
	return out
}

func fields(m protoreflect.Message) map[string]any {
	out := map[string]any{}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		name := string(f.Name())
		if !f.IsList() {
			if one := value(f, v); one != nil {
				out[name] = one
			}
			return true
		}
		list := v.List()
		all := make([]any, 0, list.Len())
		for i := range list.Len() {
			all = append(all, value(f, list.Get(i)))
		}
		out[name] = all
		return true
	})
	return out
}

// value is one value; nil where JSON has none for it.
func value(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch f.Kind() {
	case protoreflect.MessageKind:
		return fields(v.Message())
	case protoreflect.EnumKind:
		return int32(v.Enum())
	case protoreflect.DoubleKind:
		if x := v.Float(); math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
	}
	return v.Interface()
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
