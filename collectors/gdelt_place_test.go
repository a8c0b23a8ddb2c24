package collectors_test

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"strings"
)

// gkg is a zipped file of GDELT's knowledge graph with an article each for the
// addresses, and nothing else in them.
func gkg(stamp string, addresses ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create(stamp + ".gkg.csv")
	for i, address := range addresses {
		record := make([]string, 27)
		record[0], record[1], record[4] = fmt.Sprint(stamp, "-", i), stamp, address
		_, writeErr := f.Write([]byte(strings.Join(record, "\t") + "\n"))
		err = errors.Join(err, writeErr)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		return err.Error()
	}
	return b.String()
}

// lastUpdate announces the file of 10:15.
func lastUpdate(file string) string {
	const address = "http://data.gdeltproject.org/gdeltv2/20250113101500"
	sum := md5.Sum([]byte(file))
	return fmt.Sprintf("100 %032x %s.export.CSV.zip\n200 %032x %s.mentions.CSV.zip\n%d %x %s.gkg.csv.zip\n", 1, address, 2, address, len(file), sum, address)
}
