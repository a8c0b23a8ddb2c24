package engine

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
)

// Codes of ClickHouse that the gateway itself answers with.
const (
	codeBadArguments       = 36
	codeSyntaxError        = 62
	codeUnknownTypeOfQuery = 78
	codeIntoOutfile        = 80
	codeTimeout            = 159
	codeReadonly           = 164
	codeTooManyQueries     = 202
	codeSessionNotFound    = 372
	codeSessionLocked      = 373
	codeCancelled          = 394
	codeAccessDenied       = 497
	codeAuthentication     = 516
	codeCannotDecompress   = 271
	codeTooLarge           = 307
	codeNotImplemented     = 48
	codeChecksum           = 40
	codeSameQueryID        = 216
	codeUnknown            = 1002
)

// exception is an error as ClickHouse words it.
type exception struct {
	code int
	text string
}

// Error returns the whole text, as clients expect it in a body.
func (e *exception) Error() string { return e.text }

func exceptionf(code int, format string, args ...any) *exception {
	return &exception{code: code, text: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), codeName(code))}
}

func codeName(code int) string {
	name, ok := map[int]string{
		codeBadArguments:       "BAD_ARGUMENTS",
		codeChecksum:           "CHECKSUM_DOESNT_MATCH",
		codeNotImplemented:     "NOT_IMPLEMENTED",
		codeSyntaxError:        "SYNTAX_ERROR",
		codeUnknownTypeOfQuery: "UNKNOWN_TYPE_OF_QUERY",
		codeIntoOutfile:        "INTO_OUTFILE_NOT_ALLOWED",
		codeTimeout:            "TIMEOUT_EXCEEDED",
		codeReadonly:           "READONLY",
		codeTooManyQueries:     "TOO_MANY_SIMULTANEOUS_QUERIES",
		codeSameQueryID:        "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
		codeCannotDecompress:   "CANNOT_DECOMPRESS",
		codeTooLarge:           "TOO_MANY_BYTES",
		codeSessionNotFound:    "SESSION_NOT_FOUND",
		codeSessionLocked:      "SESSION_IS_LOCKED",
		codeCancelled:          "QUERY_WAS_CANCELLED",
		codeAccessDenied:       "ACCESS_DENIED",
		codeAuthentication:     "AUTHENTICATION_FAILED",
	}[code]
	if !ok {
		return "UNKNOWN_EXCEPTION"
	}
	return name
}

// engineError turns the engine's text into an exception, or nil for "".
func engineError(text string) error {
	if text == "" {
		return nil
	}
	code := codeUnknown
	if m := regexp.MustCompile(`^(?:Code: )(\d+)\.`).FindStringSubmatch(text); m != nil {
		code, _ = strconv.Atoi(m[1])
	}
	return &exception{code: code, text: text}
}

// asException makes an exception of any error.
func asException(err error) *exception {
	if e, ok := errors.AsType[*exception](err); ok {
		return e
	}
	return exceptionf(codeUnknown, "%v", err)
}

// httpStatus is the status that a server answers an exception with.
func httpStatus(code int) int {
	switch code {
	case 194: // REQUIRED_PASSWORD
		return http.StatusUnauthorized
	case 192, 193, codeAuthentication, 512:
		return http.StatusForbidden
	case 6, 15, 25, 26, 27, codeBadArguments, 38, 41, 42, 43, 44, 53, 59, codeSyntaxError, 69, 72,
		117, 167, 168, 321, 376, 427, 441, 675, 676:
		return http.StatusBadRequest
	case 46, 47, 50, 56, 60, 63, 73, codeUnknownTypeOfQuery, 81, 106, 115, 139, 336:
		return http.StatusNotFound
	case 149: // QUERY_IS_TOO_LARGE
		return http.StatusRequestEntityTooLarge
	case codeNotImplemented:
		return http.StatusNotImplemented
	case 76, 209: // CANNOT_OPEN_FILE, SOCKET_TIMEOUT
		return http.StatusServiceUnavailable
	case 381: // HTTP_LENGTH_REQUIRED
		return http.StatusLengthRequired
	case 159: // TIMEOUT_EXCEEDED
		return http.StatusRequestTimeout
	case 439: // CANNOT_SCHEDULE_TASK
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
