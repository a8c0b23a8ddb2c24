package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	chproto "github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// newOf makes what a column scans into.
func newOf(t driver.ColumnType) any { return reflect.New(t.ScanType()).Interface() }

// valueOf is what was scanned.
func valueOf(p any) any { return reflect.ValueOf(p).Elem().Interface() }

// lastColumn decodes blocks as the driver does, and adds up the last column.
func lastColumn(blocks []byte) (rows int, sum uint64, err error) {
	const revision = 54460
	reader := proto.NewReader(bytes.NewReader(blocks))
	for {
		block := chproto.NewBlock()
		err := block.Decode(reader, revision)
		if errors.Is(err, io.EOF) {
			return rows, sum, nil
		}
		if err != nil {
			return rows, sum, err
		}
		last := block.Columns[len(block.Columns)-1]
		for i := range last.Rows() {
			n, ok := last.Row(i, false).(uint64)
			if !ok {
				return rows, sum, fmt.Errorf("row %d is %T", i, last.Row(i, false))
			}
			sum += n
		}
		rows += last.Rows()
	}
}

// checkLast wants the numbers from 0 to 11,999 in the last column.
func checkLast(t *testing.T, what string, blocks []byte) {
	t.Helper()
	rows, sum, err := lastColumn(blocks)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	const n = 12_000
	if rows != n || sum != n*(n-1)/2 {
		t.Errorf("%s: %d rows with the sum %d", what, rows, sum)
	}
}
