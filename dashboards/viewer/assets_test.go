package viewer

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPageIsServedAndNothingForeignMayRun(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{}, bundle())
	w := get(t, h, "/")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<title>Tidemark") {
		t.Fatalf("GET /: %d %s", w.Code, w.Body)
	}
	csp := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("Content-Security-Policy lacks %s", want)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy is %s", csp)
	}
	if w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("the page itself is kept by browsers: %s", w.Header().Get("Cache-Control"))
	}
}

func TestHashedFilesAreKeptAndCompressed(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{}, bundle())
	w := get(t, h, "/tidemark-ABCD1234.js", "Accept-Encoding", "br, gzip;q=0.5")
	if cc := w.Header().Get("Cache-Control"); !strings.Contains(cc, "immutable") {
		t.Errorf("Cache-Control of a hashed file: %q", cc)
	}
	if w.Header().Get("Content-Encoding") != "gzip" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
		t.Fatalf("headers: %v", w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(z); err != nil || !strings.HasPrefix(string(body), "console.log") {
		t.Errorf("body: %q, %v", body, err)
	}
	again := get(t, h, "/tidemark-ABCD1234.js", "Accept-Encoding", "gzip", "If-None-Match", w.Header().Get("ETag"))
	if again.Code != http.StatusNotModified {
		t.Errorf("asked with the tag: %d, want 304", again.Code)
	}
	if plain := get(t, h, "/tidemark-ABCD1234.js", "Accept-Encoding", "gzip;q=0"); plain.Header().Get("Content-Encoding") != "" {
		t.Error("compressed for a reader who refuses it")
	}
}

func TestAddressesOfDashboardsAreThePage(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{}, bundle())
	for _, path := range []string{"/d/tidemark-ranks", "/d/tidemark-ranks/rank-explorer?from=now-7d&to=now&var-app=rednote", "/dashboards", "/sources", "/sql"} {
		w := get(t, h, path)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<title>Tidemark") {
			t.Errorf("GET %s: %d", path, w.Code)
		}
		if w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("GET %s is kept by browsers", path)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newHandler(Deps{}, bundle())
	for _, path := range []string{"/nothing.js", "/.gitkeep", "/../viewer.go", "/index.html/x", "/d", "/d/", "/d/a/b/c", "/sql/x"} {
		if w := get(t, h, path); w.Code != http.StatusNotFound && w.Code != http.StatusMovedPermanently && w.Code != http.StatusTemporaryRedirect {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
	w := get(t, newHandler(Deps{}, fstest.MapFS{}), "/")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "make viewer") {
		t.Errorf("without a bundle: %d %s", w.Code, w.Body)
	}
}

func TestBuiltBundleIsWhole(t *testing.T) {
	t.Parallel()
	w := get(t, New(Deps{}), "/")
	page := w.Body.String()
	if strings.Contains(page, "make viewer") {
		t.Skip("the page is not built: make viewer")
	}
	for _, attr := range []string{`src="/`, `href="/tidemark`} {
		_, rest, ok := strings.Cut(page, attr)
		name, _, _ := strings.Cut(rest, `"`)
		_, base, _ := strings.Cut(attr, `"`)
		if got := get(t, New(Deps{}), base+name); !ok || got.Code != http.StatusOK {
			t.Errorf("the page asks for %s%s: %d", base, name, got.Code)
		}
	}
	if strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Error("the page names a foreign address")
	}
}
