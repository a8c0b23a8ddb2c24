package picture

import (
	"image"
	"image/color"
	"image/draw"
)

// fewer is the image in the shades of what we draw with: a quarter of the
// bytes, and nothing that an eye sees.
func fewer(from image.Image) *image.Paletted {
	img, plain := from.(*image.RGBA)
	if !plain {
		img = image.NewRGBA(from.Bounds())
		draw.Draw(img, img.Bounds(), from, from.Bounds().Min, draw.Src)
	}
	const shades = 24
	palette := color.Palette{color.White}
	for _, c := range []color.RGBA{ink, quiet, faint, band, blue, red} {
		for i := 1; i <= shades; i++ {
			on := func(v uint8) uint8 { return uint8(255 - (255-int(v))*i/shades) }
			palette = append(palette, color.RGBA{on(c.R), on(c.G), on(c.B), 0xff})
		}
	}
	bounds := img.Bounds()
	out := image.NewPaletted(bounds, palette)
	known := map[color.RGBA]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := img.RGBAAt(x, y)
			index, found := known[c]
			if !found {
				index = uint8(palette.Index(c)) //nolint:gosec // there are 145
				known[c] = index
			}
			out.Pix[out.PixOffset(x, y)] = index
		}
	}
	return out
}
