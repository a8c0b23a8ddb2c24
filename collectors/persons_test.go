package collectors_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// person stands for whoever is in an answer where nobody reads it.
const person = "Pat Person <did:plc:pat>"

// withPerson puts a person into every object, item and page of an answer.
func withPerson(body string) string {
	var doc any
	decoder := json.NewDecoder(strings.NewReader(body))
	if strings.TrimSpace(body) != "" && decoder.Decode(&doc) == nil {
		addPerson(doc)
		out := &bytes.Buffer{}
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(doc) // it came from JSON
		return out.String()
	}
	for _, end := range []string{"</item>", "</channel>", "</html>"} {
		body = strings.ReplaceAll(body, end, "<author><![CDATA["+person+"]]></author>"+end)
	}
	return body
}

func addPerson(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			addPerson(inner)
		}
		v["author"], v["actors"], v[person] = person, []any{map[string]any{"displayName": person}}, 1
	case []any:
		for _, inner := range v {
			addPerson(inner)
		}
	}
}

// TestNoPersonInWhatIsPublishedOfARefusedAnswer holds it for every source,
// whatever is wrong with the answer.
func TestNoPersonInWhatIsPublishedOfARefusedAnswer(t *testing.T) {
	t.Parallel()
	refused := make(map[string]bool)
	for name, breaks := range map[string]func(string) string{
		"cut":        func(body string) string { return body[:len(body)*9/10] },
		"nested":     func(body string) string { return `{"` + person + `":[` + body + `]}` },
		"in a page":  func(body string) string { return "<html>" + person + body },
		"as text":    func(body string) string { return "\n\n" + strings.Repeat("(", 300) + person + body },
		"numbers":    strings.NewReplacer("0", "-", "7", "x").Replace,
		"enormous":   func(body string) string { return body + person + strings.Repeat(" ", 5<<20) },
		"captcha":    func(body string) string { return "<title>captcha</title>" + person + body },
		"other keys": strings.NewReplacer(`"`, `"a`, "<item", "<thing", "AF_data", "AF_other").Replace,
	} {
		synctest.Test(t, func(t *testing.T) {
			pub, _, looks := visit(t, 55*time.Minute, func(place *testkit.FakeSource) {
				for path, body := range good() {
					if path == robotsPath {
						place.Reply(path, testkit.FakeStatus(404))
						continue
					}
					if path == updatePath && name != "enormous" && name != "cut" { // the files are asked for, and are none
						place.Reply(path, testkit.FakeOK(body))
						continue
					}
					place.Reply(path, testkit.FakeOK(breaks(withPerson(body))))
				}
			})
			for _, r := range pub.rejected() {
				refused[r.GetStage()] = true
			}
			for _, m := range pub.all {
				encoded, err := event.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				for _, mark := range []string{"Pat Person", "plc:pat"} {
					if bytes.Contains(encoded, []byte(mark)) {
						t.Errorf("%s: published: %.300q", name, encoded)
					}
				}
			}
			if len(looks) == 0 || len(pub.rejected()) == 0 {
				t.Errorf("%s: %d looks, %d refused by %v", name, len(looks), len(pub.rejected()), slices.Collect(maps.Keys(refused)))
			}
		})
	}
	for _, source := range []string{"gdelt", "bluesky_trends", "googlenews", "googleplay_details", "tiktok", "youtube", "appstore_lookup"} {
		if !refused[source] {
			t.Errorf("no answer of %s was refused: nothing is shown", source)
		}
	}
}
