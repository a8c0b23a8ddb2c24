package count

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Numbers of the fields of a Mention in event.proto.
const (
	fieldID       protowire.Number = 1
	fieldPlatform protowire.Number = 2
	fieldTag      protowire.Number = 3
	fieldLanguage protowire.Number = 4
	fieldAt       protowire.Number = 5
)

// Moments that are valid beyond doubt: 2001 to 2099, in Unix milliseconds.
const (
	surelyAfter  = 978_307_200_000
	surelyBefore = 4_070_908_800_000
)

// decode reads a mention where it lies. It knows no rule of its own: of what is
// not valid beyond doubt it says false, and package event is to be asked.
func (m *mention) decode(b []byte) bool {
	*m = mention{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		if text := m.text(number); text != nil && kind == protowire.BytesType {
			*text, n = protowire.ConsumeBytes(b)
		} else if number == fieldAt && kind == protowire.VarintType {
			var v uint64
			v, n = protowire.ConsumeVarint(b)
			m.at = int64(v)
		} else {
			return false
		}
		if n < 0 {
			return false
		}
		b = b[n:]
	}
	return m.at > surelyAfter && m.at < surelyBefore && (len(m.language) == 0 || sure(m.language, 128)) &&
		sure(m.id, 256) && sure(m.platform, 128) && sure(m.tag, 512)
}

func (m *mention) text(number protowire.Number) *[]byte {
	switch number {
	case fieldID:
		return &m.id
	case fieldPlatform:
		return &m.platform
	case fieldTag:
		return &m.tag
	case fieldLanguage:
		return &m.language
	default:
		return nil
	}
}

// sure says whether a text is one line of UTF-8 beyond doubt.
func sure(b []byte, longest int) bool {
	if len(b) == 0 || len(b) > longest {
		return false
	}
	plain := true
	for _, c := range b {
		if c < ' ' {
			return false
		}
		plain = plain && c < utf8.RuneSelf
	}
	return plain || utf8.Valid(b)
}
