package engine

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// output is the answer to one statement. It holds the first part back, so that
// a short answer has its length and its totals in the head, and an error that
// comes early has its status.
type output struct {
	w      http.ResponseWriter
	req    *request
	start  time.Time
	format string
	// tag marks where an error begins in the middle of a result, so that no
	// result can be taken for one.
	tag string

	held   bytes.Buffer
	begun  bool
	parts  int
	native *reframer

	body    io.Writer
	encoder flushWriter
	frames  *frameWriter
}

func newOutput(w http.ResponseWriter, req *request) *output {
	return &output{w: w, req: req, start: time.Now(), tag: rand.Text()[:16]}
}

// writeTimeout is how long a client may take to read a part.
const writeTimeout = 5 * time.Minute

// maxHeld bounds what is held back, and copied for it.
const maxHeld = 4 << 20

// setFormat fixes the format before the first part.
func (o *output) setFormat(format string) {
	o.format = format
	o.native = nil
	if format == "Native" && o.req.revision > 0 {
		o.native = newReframer(o.req.revision)
	}
}

// part sends a part of the result; its bytes are only read.
func (o *output) part(data []byte) error {
	if o.native != nil {
		var err error
		if data, err = o.native.reframe(data); err != nil {
			return err
		}
	}
	return o.raw(data)
}

func (o *output) raw(data []byte) error {
	o.parts++
	// A client that reads nothing for so long must not hold a slot for ever.
	if err := http.NewResponseController(o.w).SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if !o.begun && (o.parts == 1 && len(data) < maxHeld || o.req.waitEnd) {
		o.held.Write(data)
		return nil
	}
	if !o.begun {
		if err := o.begin(http.StatusOK); err != nil {
			return err
		}
		if _, err := o.body.Write(o.held.Bytes()); err != nil {
			return err
		}
		o.held.Reset()
	}
	if _, err := o.body.Write(data); err != nil {
		return err
	}
	return o.flush()
}

// begin sends the head of an answer in parts.
func (o *output) begin(status int) error {
	o.begun = true
	o.head()
	o.w.Header().Set("X-ClickHouse-Exception-Tag", o.tag)
	if err := o.encode(o.w); err != nil {
		return err
	}
	o.w.WriteHeader(status)
	return nil
}

// encode puts the packers between the result and to.
func (o *output) encode(to io.Writer) error {
	o.body = to
	if encoding := o.encoding(); encoding != "" {
		encoder, err := newEncoder(to, encoding)
		if err != nil {
			return err
		}
		o.encoder, o.body = encoder, encoder
		o.w.Header().Set("Content-Encoding", encoding)
		o.w.Header().Set("Vary", "Accept-Encoding")
	}
	if o.req.framesOut {
		frames, err := newFrameWriter(o.body, o.req.method)
		if err != nil {
			return err
		}
		o.frames, o.body = frames, frames
	}
	return nil
}

func (o *output) encoding() string {
	if value := o.req.settings["enable_http_compression"]; value == "0" || value == "false" {
		return ""
	}
	return chooseEncoding(o.req.acceptEncoding)
}

func (o *output) flush() error {
	if o.encoder != nil {
		if err := o.encoder.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(o.w).Flush()
}

func (o *output) closeBody() error {
	if o.frames != nil {
		if err := o.frames.Close(); err != nil {
			return err
		}
	}
	if o.encoder != nil {
		return o.encoder.Close()
	}
	return nil
}

// head sets what every answer says.
func (o *output) head() {
	h := o.w.Header()
	commonHead(h)
	h.Set("X-ClickHouse-Query-Id", o.req.queryID)
	if o.format != "" {
		h.Set("X-ClickHouse-Format", o.format)
	}
	h.Set("Content-Type", contentType(o.format))
}

func commonHead(h http.Header) {
	h.Set("X-ClickHouse-Server-Display-Name", "tidemark")
	h.Set("X-ClickHouse-Timezone", "UTC")
	h.Set("X-Content-Type-Options", "nosniff")
}

// finish ends a result that is whole.
func (o *output) finish(t totals) error {
	if o.begun {
		return o.closeBody()
	}
	o.begun = true
	o.w.Header().Set("X-ClickHouse-Summary", o.summary(t))
	return o.whole(http.StatusOK, o.held.Bytes())
}

// whole sends an answer that is known to its end.
func (o *output) whole(status int, data []byte) error {
	o.head()
	var packed bytes.Buffer
	if err := o.encode(&packed); err != nil {
		return err
	}
	if len(data) > 0 {
		if _, err := o.body.Write(data); err != nil {
			return err
		}
	}
	if err := o.closeBody(); err != nil {
		return err
	}
	o.w.Header().Set("Content-Length", strconv.Itoa(packed.Len()))
	o.w.WriteHeader(status)
	_, err := o.w.Write(packed.Bytes())
	return err
}

// fail ends the answer with an error: as a status where nothing has been sent
// yet, else as a marked block behind the result.
func (o *output) fail(e *exception, version string) error {
	text := fmt.Sprintf("%s (version %s)\n", e.text, version)
	if !o.begun {
		o.begun = true
		o.format = ""
		o.w.Header().Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.code))
		return o.whole(httpStatus(e.code), []byte(text))
	}
	const mark = "__exception__"
	block := fmt.Sprintf("\r\n%s\r\n%s\r\n%s%d %s\r\n%s\r\n", mark, o.tag, text, len(text), o.tag, mark)
	if _, err := io.WriteString(o.body, block); err != nil {
		return err
	}
	return o.closeBody()
}

func (o *output) summary(t totals) string {
	return fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"%d","total_rows_to_read":"0","result_rows":"%d","result_bytes":"%d","elapsed_ns":"%d"}`,
		t.readRows, t.readBytes, t.writtenRows, t.writtenBytes, t.resultRows, t.resultBytes, time.Since(o.start).Nanoseconds())
}
