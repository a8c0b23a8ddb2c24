package event

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// HeaderType is the header of every message on every topic; its value is the
// full name of the protobuf message (tidemark.v1.Snapshot).
const HeaderType = "type"

// ErrUnknownType marks a message whose type this version does not know.
var ErrUnknownType = errors.New("unknown message type")

// Validator is a message that can say which of its fields is wrong.
type Validator interface {
	proto.Message
	Validate() error
}

// TypeName returns the value of HeaderType for m.
func TypeName(m proto.Message) string {
	return string(m.ProtoReflect().Descriptor().FullName())
}

// Marshal checks m and encodes it. The same message always gives the same
// bytes, so that a message which is sent twice is recognisably the same.
func Marshal(m Validator) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", TypeName(m), err)
	}
	return b, nil
}

// Unmarshal decodes a message of the named type (the value of HeaderType) and
// checks it. An error wraps ErrUnknownType, or names the message and the field.
func Unmarshal(typeName string, b []byte) (Validator, error) {
	m, err := newMessage(typeName)
	if err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("decode %s: %w", typeName, err)
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

func newMessage(typeName string) (Validator, error) {
	const prefix = "tidemark.v1."
	name, found := strings.CutPrefix(typeName, prefix)
	if found {
		switch protoreflect.Name(name) {
		case "Snapshot":
			return &Snapshot{}, nil
		case "Mention":
			return &Mention{}, nil
		case "Episode":
			return &Episode{}, nil
		case "Fact":
			return &Fact{}, nil
		case "Rejected":
			return &Rejected{}, nil
		case "Import":
			return &Import{}, nil
		case "Tick":
			return &Tick{}, nil
		}
	}
	return nil, fmt.Errorf("decode message: %w: %q", ErrUnknownType, typeName)
}
