package clickhouse

import (
	"errors"
	"fmt"
	"net"
	"slices"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// Codes of ClickHouse that somebody branches on.
const (
	codeUnknownTable    = 60
	codeUnknownDatabase = 81
	codeQueryRunning    = 216
)

// Code returns the server's own code of an error, or 0 if the error does not
// come from the server.
func Code(err error) int32 {
	if e, ok := errors.AsType[*ch.Exception](err); ok {
		return e.Code
	}
	return 0
}

// Unreachable is an error of the network: nobody answers at the address, or the
// one who answered has gone. It passes by itself where somebody starts the server
// again, as tidemark up does with its engine.
type Unreachable struct {
	Addr  string
	Cause error
}

// Error leaves out what the driver was doing and the URL that it asked.
func (e *Unreachable) Error() string {
	return fmt.Sprintf("reach ClickHouse at %s: %v; if it is being started again, ask once more in some seconds", e.Addr, e.Cause)
}

// Unwrap is the cause alone.
func (e *Unreachable) Unwrap() error { return e.Cause }

// plainly takes out of an error of the network what tells a person nothing.
func (c *Client) plainly(err error) error {
	if broken, ok := errors.AsType[*net.OpError](err); ok && !broken.Timeout() {
		return &Unreachable{Addr: c.Addr(), Cause: broken.Err}
	}
	return err
}

// IsPermanent says whether an error stays until a person changes something:
// the schema, the rights, the configuration. All other errors may pass.
func IsPermanent(err error) bool {
	return slices.Contains([]int32{
		8,  // THERE_IS_NO_COLUMN
		10, // NOT_FOUND_COLUMN_IN_BLOCK
		16, // NO_SUCH_COLUMN_IN_TABLE
		20, // NUMBER_OF_COLUMNS_DOESNT_MATCH
		36, // BAD_ARGUMENTS
		43, // ILLEGAL_TYPE_OF_ARGUMENT
		44, // ILLEGAL_COLUMN
		47, // UNKNOWN_IDENTIFIER
		50, // UNKNOWN_TYPE
		53, // TYPE_MISMATCH
		codeUnknownTable,
		62, // SYNTAX_ERROR
		70, // CANNOT_CONVERT_TYPE
		codeUnknownDatabase,
		115, // UNKNOWN_SETTING
		164, // READONLY
		291, // DATABASE_ACCESS_DENIED
		349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
		469, // VIOLATED_CONSTRAINT
		497, // ACCESS_DENIED
	}, Code(err)) || isAuthentication(err)
}

func isAuthentication(err error) bool {
	return slices.Contains([]int32{
		192, // UNKNOWN_USER
		193, // WRONG_PASSWORD
		194, // REQUIRED_PASSWORD
		516, // AUTHENTICATION_FAILED
	}, Code(err))
}
