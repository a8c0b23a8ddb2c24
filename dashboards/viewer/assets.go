package viewer

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

// notBuilt is the page where the bundle is missing.
const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tidemark</title>
<h1>The page is not built</h1>
<p>This binary was made without the page. Run <code>make viewer</code>, build again and start again.</p>
<p>The data is there all the same: <a href="/api/status">/api/status</a>, or <code>tidemark sql</code>.</p>
</html>
`

// smallest is the size below which compression does not pay.
const smallest = 512

// asset is one file of the bundle, compressed once.
type asset struct {
	plain, zipped []byte
	kind, etag    string
	hashed        bool // its name changes with its content
}

type assets struct {
	files map[string]asset
}

func loadAssets(built fs.FS) *assets {
	a := &assets{files: map[string]asset{}}
	hashed := regexp.MustCompile(`-[0-9A-Z]{8}\.[a-z]+$`)
	err := fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		body, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		a.files["/"+name] = newAsset(name, body, hashed.MatchString(name))
		return nil
	})
	index, ok := a.files["/index.html"]
	if err != nil || !ok {
		index = newAsset("index.html", []byte(notBuilt), false)
	}
	a.files["/"] = index
	return a
}

func newAsset(name string, body []byte, hashed bool) asset {
	sum := sha256.Sum256(body)
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "text/plain; charset=utf-8"
	}
	return asset{plain: body, zipped: zip(body), kind: kind, etag: hex.EncodeToString(sum[:8]), hashed: hashed}
}

// ServeHTTP sends a file of the bundle. Hashed names are kept by the browser
// for ever, everything else is asked for again each time.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.URL.Path]
	if !ok && isPage(r.URL.Path) {
		file, ok = a.files["/"], true
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if file.hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, tag := file.plain, file.etag
	if file.zipped != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body, tag = file.zipped, file.etag+"z"
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// isPage tells the addresses that the page itself draws: /d/UID, as Grafana
// writes it, with or without the words behind, and the page's other places.
func isPage(p string) bool {
	switch p {
	case "/dashboards", "/sources", "/sql":
		return true
	}
	uid, ok := strings.CutPrefix(p, "/d/")
	return ok && uid != "" && strings.Count(uid, "/") <= 1
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}

// zip compresses body, or gives nil where that does not pay.
func zip(body []byte) []byte {
	if len(body) < smallest {
		return nil
	}
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_, err := z.Write(body)
	if errors.Join(err, z.Close()) != nil || buf.Len() >= len(body) {
		return nil
	}
	return buf.Bytes()
}
