package importer

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// thriftWalk goes through bytes of Thrift's compact protocol, in which Parquet
// writes what it says of itself, and makes no room for what they claim.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
type thriftWalk struct {
	b     []byte
	at    int
	items uint64 // of lists, so far
	depth int    // of structures that it is in
}

// Types of the compact protocol.
const (
	thriftStop = iota
	thriftTrue
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// maxThriftDepth is far more than a footer has.
const maxThriftDepth = 32

func (w *thriftWalk) structure() error {
	if w.depth >= maxThriftDepth {
		return errors.New("it is nested too deeply")
	}
	w.depth++
	defer func() { w.depth-- }()
	for {
		head, err := w.byte()
		if err != nil || head == thriftStop {
			return err
		}
		if head>>4 == 0 { // the id of the field follows
			if _, err := w.unsigned(); err != nil {
				return err
			}
		}
		if kind := head & 15; kind != thriftTrue && kind != thriftFalse { // those have no bytes of their own
			if err := w.value(kind); err != nil {
				return err
			}
		}
	}
}

func (w *thriftWalk) value(kind byte) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		_, err := w.unsigned()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftBinary:
		n, err := w.unsigned()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thriftList, thriftSet:
		return w.list()
	case thriftMap:
		return errors.New("it has a map, which Parquet does not use")
	case thriftStruct:
		return w.structure()
	default:
		return fmt.Errorf("it has a field of the unknown type %d", kind)
	}
}

func (w *thriftWalk) list() error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.unsigned(); err != nil {
			return err
		}
	}
	if n > maxListItems || w.items+n > maxListItems {
		return fmt.Errorf("it has lists of more than %d items", maxListItems)
	}
	if n > uint64(len(w.b)-w.at) { // each has a byte at least
		return errCutShort
	}
	w.items += n
	for range n {
		if err := w.value(head & 15); err != nil {
			return err
		}
	}
	return nil
}

func (w *thriftWalk) byte() (byte, error) {
	if w.at >= len(w.b) {
		return 0, errCutShort
	}
	w.at++
	return w.b[w.at-1], nil
}

func (w *thriftWalk) skip(n uint64) error {
	if n > uint64(len(w.b)-w.at) {
		return errCutShort
	}
	w.at += int(n)
	return nil
}

func (w *thriftWalk) unsigned() (uint64, error) {
	n, length := binary.Uvarint(w.b[w.at:])
	switch {
	case length == 0:
		return 0, errCutShort
	case length < 0:
		return 0, errors.New("it has a number of more than 64 bits")
	}
	w.at += length
	return n, nil
}
